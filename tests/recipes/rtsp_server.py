"""GStreamer's RTSP server on a free port, which is its first line. It gives a test picture at /play; of what is pushed to /push it
says a line for each picture that it could decode. Ends when stdin does."""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def say(words):
    print(words, flush=True)


def picture_came(_, __, pad):
    shape = pad.get_current_caps().get_structure(0)
    say("picture %dx%d" % (shape.get_int("width")[1], shape.get_int("height")[1]))


def configure(_, media):
    sink = media.get_element().get_by_name("seen")
    sink.connect("handoff", picture_came)


Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
play = GstRtspServer.RTSPMediaFactory()
play.set_launch("( videotestsrc is-live=true ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! jpegenc ! rtpjpegpay name=pay0 )")
push = GstRtspServer.RTSPMediaFactory()
push.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
push.set_launch("( rtph264depay name=depay0 ! h264parse ! fakesink name=seen signal-handoffs=true sync=false )")
push.connect("media-configure", configure)
for path, factory in ("/play", play), ("/push", push):
    server.get_mount_points().add_factory(path, factory)
server.attach(None)
say(server.get_bound_port())
loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, lambda *_: loop.quit())
loop.run()
