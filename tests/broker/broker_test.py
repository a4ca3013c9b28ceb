"""publish and capture over a broker: broker_test.py BIN. mosquitto as others run it, and brokers that misbehave."""
import itertools
import json
import os
import signal
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wsserve"), os.path.join(HERE, "../capture"), os.path.join(HERE, "../publish")]

from brokers import Heard, Mosquitto, publish_by_hand  # noqa: E402
from harness import DEADLINE, Server, eventually, frame, main  # noqa: E402
from pushing import Publish  # noqa: E402
from running import Capture  # noqa: E402

PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d" b"\0\0\0\0IEND\xae\x42\x60\x82")
OLD = "allow_anonymous true\nmax_packet_size 200000"


def png(number, size=0):
    """Pictures that are not the same."""
    return PNG + b"%d" % number + bytes(size)


class Arrives(unittest.TestCase):
    def arrive(self, broker, taken=("framepipe/door",), stream="door", frames=(), publish=(), capture=()):
        """What a capture, which is there first, gets of these frames."""
        with Capture(broker.url(taken[0]), *capture) as end, Publish(broker.url(), "--stream", stream, *publish) as push:
            push.write(frame(PNG, "image/png", seq=0, time_us=1))
            headers = [end.frame()]
            for data in frames:
                push.write(data)
                headers.append(end.frame())
            status, lines = push.end()
            self.assertEqual((status, lines), (0, []))
            end.process.terminate()
            self.assertEqual(end.end(), (0, []))
            return headers[1:]


class RoundTrip(Arrives):
    def test_frames_come_as_they_were_published(self):
        header = {"seq": 7, "time_us": 1_000_000_000_000_000, "live": True, "meta": {"who": "m\u00fc", "deep": [1, {"a": None}]}, "other": 1.5,
                  "stages": {"capture": 5}, "width": 3, "height": 2}
        with Mosquitto() as broker:
            (got, payload), = self.arrive(broker, frames=[frame(png(1, 300_000), "image/png", **header)])
        self.assertEqual(payload, png(1, 300_000))
        stages = got.pop("stages")
        self.assertEqual(set(stages), {"capture", "publish"})
        header.pop("stages")
        self.assertEqual(got, {"type": "image/png", "stream": "door", **header})

    def test_what_no_parser_can_hold_and_what_mqtt_does_not_like(self):
        # 1e400 is no double; U+0081 and U+FFFF are no text for MQTT.
        text = '{"type":"image/png","seq":1,"time_us":2,"n":1e400,\t"c":"a\x81\uffff\U0001fffe\u00fcb\\u0000"}'.encode()
        data = b"FPF1" + len(text).to_bytes(4, "little") + len(PNG).to_bytes(8, "little") + text + PNG
        with Mosquitto() as broker:
            (got, payload), = self.arrive(broker, frames=[data])
        self.assertEqual((payload, got["n"], got["c"]), (PNG, float("inf"), "a\x81\uffff\U0001fffe\u00fcb\0"))

    def test_text_and_json_have_topics_of_their_own(self):
        with Mosquitto() as broker, Heard(broker, "framepipe/#") as heard:
            heard_text = self.arrive(broker, frames=[frame("Grüße\nan alle".encode(), "text/plain", seq=1), frame(b'{"t":21.5}', "application/json", live=True)])
            self.assertEqual([payload for _, payload in heard_text], ["Grüße\nan alle".encode(), b'{"t":21.5}'])
            self.assertEqual([(header["type"], header.get("seq"), header.get("live")) for header, _ in heard_text],
                             [("text/plain", 1, None), ("application/json", None, True)])
            self.assertEqual(heard.wait("framepipe/door/text")[0][0], "Grüße\nan alle".encode())
            self.assertEqual(heard.wait("framepipe/door/json")[0][0], b'{"t":21.5}')

    def test_streams_by_name_and_all_of_them(self):
        with Mosquitto() as broker, Capture(broker.url("cams/+")) as every, Capture(broker.url("cams/a%2Fb%23")) as one:
            with Publish(broker.url("cams")) as push:
                for name in ("a/b#", "+", "plain", "m\u00fc r"):
                    push.write(frame(PNG, "image/png", stream=name, seq=0, time_us=1, live=True))
                push.write(frame(PNG, "image/png", seq=0, time_us=1, live=True))
                self.assertEqual({every.frame()[0]["stream"] for _ in range(5)}, {"a/b#", "+", "plain", "m\u00fc r", "default"})
                self.assertEqual(one.frame()[0]["stream"], "a/b#")
                self.assertEqual(push.end(), (0, []))

    def test_recorded_frames_all_arrive_in_their_order(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(frame(png(0), "image/png", seq=0, time_us=1))
                end.frame()
                push.write(b"".join(frame(png(n, 1000), "image/png", seq=n, time_us=n) for n in range(1, 300)))
                self.assertEqual([end.frame()[0]["seq"] for _ in range(299)], list(range(1, 300)))
                self.assertEqual(push.end(), (0, []))

    def test_a_frame_that_need_not_wait_wakes_no_other_thread(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end, Publish(broker.url(), "--stream", "door") as push:
            for number in range(101):
                push.write(frame(png(number), "image/png", seq=number, time_us=number))
                end.frame()
                if number == 0:
                    before = switches(push.process, "broker")
            self.assertLess(switches(push.process, "broker") - before, 50)
            self.assertEqual(push.end(), (0, []))

    def test_the_thread_that_writes_for_slow_readers_sleeps_until_there_is_one(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end, Publish(broker.url(), "--stream", "door") as push:
            push.write(frame(PNG, "image/png", seq=0, time_us=0))
            end.frame()
            before = switches(end.process, "capture")
            time.sleep(0.5)
            self.assertLess(switches(end.process, "capture") - before, 3)

    def test_pixels_become_jpegs(self):
        with Mosquitto() as broker:
            (header, payload), = self.arrive(broker, frames=[frame(bytes(16 * 16 * 3), "image/x-raw", format="rgb24", width=16, height=16, seq=1, time_us=2)])
        self.assertEqual((header["type"], header["width"], "format" in header, payload[:2]), ("image/jpeg", 16, False, b"\xff\xd8"))

    def test_a_pipeline_to_a_browser(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door"), "--idle-close", "0") as between:
            with Server(stdin=between.process.stdout) as edge, Publish(broker.url(), "--stream", "door") as push:
                numbers = itertools.count()

                def has_come():
                    number = next(numbers)
                    push.write(frame(png(number), "image/png", seq=number, time_us=int(time.time() * 1e6), live=True))
                    return edge.metric("frames_in_total") >= 3
                eventually(has_come, "3 frames")
                self.assertEqual(edge.streams()[0]["name"], "door")
                push.process.send_signal(signal.SIGTERM)
                self.assertEqual(push.process.wait(DEADLINE), 0)
                eventually(lambda: edge.streams()[0]["state"] == "ended", "the end of the stream")
                with Publish(broker.url(), "--stream", "door") as again:
                    again.write(frame(png(1000), "image/png", seq=0, time_us=int(time.time() * 1e6), live=True))
                    eventually(lambda: edge.streams()[0]["state"] != "ended", "the stream again")
                    self.assertEqual(edge.get("/snapshot.jpg?as=image").body, png(1000))
                between.process.terminate()
                between.process.wait(DEADLINE)


def switches(process, name):
    """How often the thread of this name has gone to sleep."""
    for task in os.scandir("/proc/%d/task" % process.pid):
        with open(task.path + "/comm") as comm, open(task.path + "/status") as status:
            if comm.read().strip() == name:
                return int(next(line for line in status if line.startswith("voluntary")).split()[1])


class Topics(Arrives):
    def test_what_others_read(self):
        with Mosquitto() as broker, Heard(broker, "framepipe/#") as heard, Publish(broker.url(), "--stream", "door") as push:
            push.write(frame(PNG, "image/png", seq=3, time_us=9, live=True, width=3, height=2, meta={"a": 1}))
            (payload, retained, properties), = heard.wait("framepipe/door/frame")
            self.assertEqual((payload, retained), (PNG, False))
            self.assertIn("seq:3", properties)
            self.assertIn('meta:{"a": 1}', properties)
            (payload, _, _), = heard.wait("framepipe/door/meta")
            meta = json.loads(payload)
            self.assertEqual((meta["type"], meta["seq"], meta["time_us"], meta["meta"], meta["payload"]["bytes"]), ("image/png", 3, 9, {"a": 1}, len(PNG)))
            self.assertEqual(heard.wait("framepipe/door/snapshot")[0][0], PNG)
            self.assertEqual(json.loads(heard.wait("framepipe/door/info")[0][0]), {"type": "image/png", "width": 3, "height": 2})
            self.assertEqual([message[0] for message in heard.wait("framepipe/door/status")], [b"online"])
            self.assertEqual(push.end(), (0, []))
            heard.wait("framepipe/door/status", lambda all: [one[0] for one in all] == [b"online", b"offline"])
            with Heard(broker, "framepipe/#") as later:
                later.wait("framepipe/door/status")
                for kind, expected in (("status", b"offline"), ("snapshot", PNG)):
                    (payload, retained, _), = later.wait(f"framepipe/door/{kind}")
                    self.assertEqual((payload, retained), (expected, True))
                self.assertTrue(later.wait("framepipe/door/info")[0][1])
                self.assertEqual((later.messages("framepipe/door/frame"), later.messages("framepipe/door/meta")), ([], []))

    def test_a_picture_a_second_stays_behind(self):
        with Mosquitto() as broker, Heard(broker, "framepipe/door/+") as heard, Publish(broker.url(), "--stream", "door") as push:
            begin = time.monotonic()
            for number in range(20):
                push.write(frame(png(number), "image/png", seq=number, time_us=number))
            frames = heard.wait("framepipe/door/frame", lambda all: len(all) == 20)
            heard.wait("framepipe/door/snapshot", lambda all: all[-1:] and all[-1][0] == png(19))
            count = len(heard.messages("framepipe/door/snapshot"))
            self.assertLessEqual(count, 1 + (time.monotonic() - begin))
            self.assertEqual([one[0] for one in frames], [png(number) for number in range(20)])
            self.assertEqual(push.end(), (0, []))

    def test_who_is_killed_is_offline(self):
        with Mosquitto() as broker, Heard(broker, "framepipe/+/status") as heard, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(frame(PNG, "image/png", seq=0, time_us=1, live=True))
                self.assertEqual(end.frame()[1], PNG)
                push.process.kill()
                push.process.wait()
            heard.wait("framepipe/door/status", lambda all: [one[0] for one in all] == [b"online", b"offline"])
            header, payload = end.frame()
            self.assertEqual((header["end"], header["stream"], payload), (True, "door", b""))
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(frame(png(1), "image/png", seq=0, time_us=2, live=True))
                self.assertEqual(end.frame()[1], png(1))
                self.assertEqual(push.end(), (0, []))

    def test_a_will_that_comes_late_is_contradicted(self):
        with Mosquitto() as broker, Heard(broker, "framepipe/+/status") as heard, Publish(broker.url(), "--stream", "door") as push:
            push.write(frame(PNG, "image/png", seq=0, time_us=1, live=True))
            heard.wait("framepipe/door/status")
            publish_by_hand(broker, "framepipe/door/status", b"offline", "-r")
            heard.wait("framepipe/door/status", lambda all: [one[0] for one in all] == [b"online", b"offline", b"online"])
            self.assertEqual(push.end(), (0, []))

    def test_the_end_of_a_stream_is_offline_and_back(self):
        with Mosquitto() as broker, Heard(broker, "framepipe/+/status") as heard, Capture(broker.url("framepipe/a")) as end:
            with Publish(broker.url()) as push:
                push.write(frame(PNG, "image/png", stream="a", seq=0, time_us=1))
                end.frame()
                push.write(frame(b"", "image/png", stream="a", end=True))
                self.assertTrue(end.frame()[0]["end"])
                push.write(frame(png(1), "image/png", stream="a", seq=1, time_us=2))
                self.assertEqual(end.frame()[1], png(1))
                heard.wait("framepipe/a/status", lambda all: [one[0] for one in all][:3] == [b"online", b"offline", b"online"])
                self.assertEqual(push.end(), (0, []))

    def test_home_assistant(self):
        with Mosquitto() as broker, Heard(broker, "homeassistant/#", "ha/#") as heard:
            with Publish(broker.url("my/cams"), "--stream", "door 1", "--home-assistant") as push:
                push.write(frame(PNG, "image/png", seq=0, time_us=1))
                (payload, _, _), = heard.wait("homeassistant/camera/my_cams_door_2520" "1/config")
                self.assertEqual(push.end(), (0, []))
            config = json.loads(payload)
            self.assertEqual(config["topic"], "my/cams/door%201/snapshot")
            self.assertEqual(config["availability_topic"], "my/cams/door%201/status")
            self.assertEqual((config["payload_available"], config["payload_not_available"]), ("online", "offline"))
            self.assertEqual((config["name"], config["unique_id"]), ("door 1", "my_cams_door_25201"))
            with Publish(broker.url(), "--stream", "b", "--home-assistant=ha") as push:
                push.write(frame(PNG, "image/png", seq=0, time_us=1))
                heard.wait("ha/camera/framepipe_b/config")
                self.assertEqual(push.end(), (0, []))


if __name__ == "__main__":
    main()
