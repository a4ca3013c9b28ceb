"""wsserve --hub: each client's messages to all clients."""
import base64
import json
import os
import subprocess
import threading
import unittest
from types import SimpleNamespace

from harness import BIN, Closed, Server, WebSocket, eventually, frame, main, parse_frame
from publish_test import data_url, frames, png


def hub(*arguments, **more):
    return Server("--hub", *arguments, stdin=subprocess.DEVNULL, **more)


def clients(server, count, path="/"):
    found = [WebSocket(server, path) for _ in range(count)]
    server.viewers(count)
    return found


class Passing(unittest.TestCase):
    def test_messages_go_to_all_as_they_were_sent(self):
        with hub() as server:
            a, b, c = clients(server, 3)
            for message in ("Hello WebSockets!", "", "a1=sq=[1.5, -2e-3]", "grüße 世界", b"\x00\x01\xff", b"", "x" * 70000):
                a.send(message)
                for client in (a, b, c):  # the sender, too
                    self.assertEqual(client.message(), message)
            b.send("back")
            for client in (a, b, c):
                self.assertEqual(client.message(), "back")
                client.socket.close()
            self.assertEqual(server.metric("relayed_messages_total"), 8)

    def test_a_client_that_has_sent_a_picture_gets_nothing_more(self):
        for picture in (data_url(png()), "img=sq=" + data_url(png()), png(), b"img=" + png()):
            with hub() as server:
                producer, page, echo = clients(server, 2) + [WebSocket(server, "/?echo=1")]
                server.viewers(3)
                producer.send("before")
                self.assertEqual([s.message() for s in (producer, page, echo)], ["before"] * 3)
                producer.send(picture)
                self.assertEqual([s.message() for s in (page, echo)], [picture] * 2)
                page.send("to all")
                self.assertEqual([s.message() for s in (page, echo)], ["to all"] * 2)
                echo.send(picture)
                self.assertEqual([s.message() for s in (page, echo)], [picture] * 2)
                producer.send(b"ping", opcode=9)
                self.assertEqual(producer.read(), (10, b"ping"))  # nothing else is on its way
                for socket in (producer, page, echo):
                    socket.socket.close()

    def test_a_program_that_sends_numbers_alone_gets_nothing_more(self):
        with hub() as server:
            meter, page, echo = WebSocket(server, "/"), WebSocket(server, "/", origin=f"http://127.0.0.1:{server.port}"), WebSocket(server, "/?echo=1")
            server.viewers(3)
            for n in range(6):
                meter.send(f"temp={n}.50")
                for reader in (page, echo) if n >= 3 else (page, echo, meter):
                    self.assertEqual(reader.message(), f"temp={n}.50")
            for sender in (page, echo):  # who reads in any case, and who asked for it
                for n in range(6):
                    sender.send(f"{n}")
                for reader in (page, echo):
                    self.assertEqual([reader.message() for _ in range(6)], [f"{n}" for n in range(6)])
            meter.send(b"ping", opcode=9)
            self.assertEqual(meter.read(), (10, b"ping"))  # nothing else is on its way
            meter.send("hello")  # no meter, then
            for reader in (meter, page, echo):
                self.assertEqual(reader.message(), "hello")
            page.send("17")
            self.assertEqual(meter.message(), "17")
            for socket in (meter, page, echo):
                socket.socket.close()

    def test_many_clients_get_the_same_order(self):
        with hub() as server:
            everybody = clients(server, 40)
            for n in range(50):
                for k in (3, 7):
                    everybody[k].send(f"{k}:{n}")
            for client in everybody:
                got = [client.message() for _ in range(100)]
                for k in (3, 7):
                    self.assertEqual([m for m in got if m.startswith(f"{k}:")], [f"{k}:{n}" for n in range(50)])
            for client in everybody:
                client.socket.close()

    def test_what_comes_at_once_goes_out_whole_and_in_order(self):
        burst = [message for n in range(4) for message in ("img=sq=" + data_url(png(n)), f"a1=sq=[{n}]")]
        with hub() as server:
            pages, producer = clients(server, 12), WebSocket(server, "/")
            server.viewers(13)
            raw, bytes_of_all = producer.socket, []
            producer.socket = SimpleNamespace(sendall=bytes_of_all.append)
            for message in burst:
                producer.send(message)
            raw.sendall(b"".join(bytes_of_all))
            for page in pages:
                self.assertEqual([page.message() for _ in burst], burst)
                page.socket.close()
            raw.close()

    def test_all_paths_are_the_hub(self):
        with hub("--ws-path", "/feed") as server:
            sockets = [WebSocket(server, path) for path in ("/", "/ws", "/websocket", "/feed")]
            server.viewers(4)
            sockets[0].send("x")
            for socket in sockets:
                self.assertEqual(socket.message(), "x")
                socket.socket.close()

    def test_pages_from_disk_need_the_option(self):
        with hub() as server, WebSocket(server, "/", origin="null") as page:
            self.assertEqual(page.status, 403)
        with hub("--allow-origin", "null") as server, WebSocket(server, "/", origin="null") as page:
            self.assertEqual(page.status, 101)


class Slow(unittest.TestCase):
    def test_a_slow_page_skips_pictures_and_holds_nobody_up(self):
        with hub() as server:
            slow = WebSocket(server, "/", receive_buffer=4096)
            quick, producer = WebSocket(server, "/"), WebSocket(server, "/")
            server.viewers(3)
            got = []

            def read():
                try:
                    while True:
                        got.append(quick.message())
                except (Closed, OSError):
                    pass

            reader = threading.Thread(target=read)
            reader.start()
            filler = base64.b64encode(os.urandom(40_000)).decode()
            for n in range(300):
                for key in ("img", "depth"):
                    producer.send(f"{key}=sq=data:image/jpeg;base64,{n:08}{filler}")
                producer.send(f"a1=sq=[{n}]")
            eventually(lambda: "a1=sq=[299]" in got, "all for the quick one")  # maybe before the last pictures
            self.assertEqual([m for m in got if m.startswith("a1")], [f"a1=sq=[{n}]" for n in range(300)])
            seen = []
            while not seen or seen[-1] != "a1=sq=[299]":
                seen.append(slow.message())
            self.assertEqual([m for m in seen if m.startswith("a1")], [f"a1=sq=[{n}]" for n in range(300)])
            newest = {}
            for message in seen:
                if message.startswith("a1"):
                    continue
                key, number = message[:message.index("=")], int(message.split(",")[1][:8])
                self.assertGreater(number, newest.get(key, -1))  # the order within each kind
                newest[key] = number
            while min(newest.values()) < 299:
                message = slow.message()
                newest[message[:message.index("=")]] = int(message.split(",")[1][:8])
            self.assertLess(len(seen), 700)
            self.assertGreater(server.metric('drops_total{reason="replaced"}'), 0)
            quick.socket.close()
            reader.join()
            slow.socket.close()
            producer.socket.close()

    def test_more_texts_than_may_wait_end_a_client(self):
        with hub("--stall-timeout", "10m") as server:
            stalled, producer = WebSocket(server, "/", receive_buffer=4096), WebSocket(server, "/?echo=1")
            server.viewers(2)
            for n in range(400):
                producer.send("x" * 60_000)
                self.assertEqual(len(producer.message()), 60_000)
                if n % 20 == 19 and server.metric('refusals_total{reason="queue"}') == 1:
                    break
            self.assertEqual(server.metric('refusals_total{reason="queue"}'), 1)
            self.assertEqual(stalled.closing(), (1008, "too slow: too many messages wait"))
            server.viewers(1)
            stalled.socket.close()
            producer.socket.close()

    def test_memory_for_pictures_on_their_way_is_bounded(self):
        with hub("--max-memory", "4MiB") as server:
            stalled = [WebSocket(server, "/", receive_buffer=4096) for _ in range(8)]  # each would hold other pictures
            producer = WebSocket(server, "/")
            server.viewers(9)
            for n in range(200):
                producer.send(b"key%d=" % (n % 8) + png(n % 256) + bytes(200_000))
            producer.send(b"hello", opcode=9)
            self.assertEqual(producer.read(), (10, b"hello"))
            eventually(lambda: server.metric("live_bytes") <= 5 << 20, "memory within its bound")
            for socket in stalled + [producer]:
                socket.socket.close()

    def test_a_message_over_the_limit_ends_its_sender(self):
        with hub("--max-frame", "1000") as server, WebSocket(server, "/") as client:
            client.send("x" * 1001)
            self.assertEqual(client.closing()[0], 1009)
            server.said("message over the limit of 1000 bytes (1009)")


class Streams(unittest.TestCase):
    def test_pictures_are_streams_too(self):
        messages = {"": data_url(png(1)), "img=sq": "img=sq=" + data_url(png(2)), "cam": b"cam=" + png(3)}
        with hub() as server:
            producer = WebSocket(server, "/")
            for message in messages.values():
                producer.send(message)
            server.frames_in(3)
            for level, name in enumerate(messages, 1):
                self.assertEqual(server.get(f"/snapshot.jpg?as=image&stream={name}").body, png(level))
            self.assertEqual(server.get("/snapshot.jpg").body[:2], b"\xff\xd8")
            self.assertEqual({s["name"]: s["type"] for s in server.streams()}, dict.fromkeys(messages, "image/png"))
            producer.socket.close()
            eventually(lambda: {s["state"] for s in server.streams()} == {"ended"}, "the end of all")
            self.assertEqual(server.get("/snapshot.jpg?as=image&stream=cam").body, png(3))

    def test_numbers_are_text_frames_of_their_clients_stream(self):
        with hub() as server, WebSocket(server, "/?stream=img=sq", "framepipe.v1") as viewer:
            producer = WebSocket(server, "/")
            producer.send("img=sq=" + data_url(png()))
            producer.send("a1=sq=[0.5, 1]")
            producer.send("no numbers")
            producer.send("b=7")
            got = frames(viewer, 3)
            self.assertEqual([(h["type"], p) for h, p in got],
                             [("image/png", png()), ("text/plain", b"a1=sq=[0.5, 1]"), ("text/plain", b"b=7")])
            producer.socket.close()

    def test_numbers_alone_do_not_hide_pictures(self):
        with hub() as server:
            meter, producer = WebSocket(server, "/"), WebSocket(server, "/")
            meter.send("a1=[1]")
            server.frames_in(1)
            producer.send("img=" + data_url(png()))
            server.frames_in(2)
            self.assertEqual(server.get("/snapshot.jpg?as=image").body, png())
            meter.socket.close()
            producer.socket.close()

    def test_a_broken_picture_is_passed_on_and_not_shown(self):
        with hub() as server, WebSocket(server, "/") as page:
            producer = WebSocket(server, "/")
            server.viewers(2)
            broken = "img=data:image/jpeg;base64,no picture!"
            producer.send(broken)
            self.assertEqual(page.message(), broken)
            self.assertEqual(server.streams(), [])
            producer.socket.close()

    def test_an_input_is_a_stream_beside_the_hub(self):
        with Server("--hub") as server, WebSocket(server, "/?stream=") as viewer:
            server.write(frame(b"picture"))
            self.assertEqual(viewer.message(), b"picture")
            with WebSocket(server, "/") as client:
                client.send("to clients of the hub")
                self.assertEqual(client.message(), "to clients of the hub")
            server.write(frame(b"next"))
            self.assertEqual(viewer.message(), b"next")

    def test_a_hub_alone_is_well(self):
        with hub() as server:
            self.assertEqual(server.get("/healthz").status, 200)

    def test_it_does_not_answer_too(self):
        done = subprocess.run([os.path.join(BIN, "wsserve"), "--hub", "--respond", "cat"], stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    main()
