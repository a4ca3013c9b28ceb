"""Brokers that are old, break and lie, and messages that are none of ours: trouble_test.py BIN."""
import os
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wsserve"), os.path.join(HERE, "../capture"), os.path.join(HERE, "../publish")]

from brokers import CAPTURE, FakeBroker, Heard, Mosquitto, free_port, message, publish_by_hand, run  # noqa: E402
from harness import DEADLINE, eventually, frame, main  # noqa: E402
from pictures import PNG, live, png  # noqa: E402
from pushing import PUBLISH, Publish  # noqa: E402
from running import Capture  # noqa: E402


class Versions(unittest.TestCase):
    def test_a_broker_that_has_no_mqtt_5(self):
        for refusal in (b"\x20\x02\x00\x01", None):
            with FakeBroker(refusal=refusal) as broker:
                with Publish(broker.url(), "--stream", "door") as push:
                    push.write(live(1))
                    eventually(lambda: ("framepipe/door/frame", png(1)) in broker.got, "the frame")
                    self.assertEqual(push.end(), (0, []))
                self.assertEqual(broker.asked[:2], [5, 4])
                self.assertEqual([words for topic, words in broker.got if topic.endswith("status")], [b"online", b"offline"])

    def test_headers_of_others_come_by_meta(self):
        with Mosquitto() as broker, Capture(broker.url("p/s")) as end, Publish(broker.url("p"), "--stream", "s") as push:
            push.write(frame(PNG, "image/png", seq=0, time_us=1))
            end.frame()
            # As a publisher of 3.1.1 does it, whose frame has no properties.
            with Heard(broker, "p/s/meta") as heard:
                push.write(frame(png(5), "image/png", seq=5, time_us=55, live=True, meta={"a": 1}))
                (meta, _, _), = heard.wait("p/s/meta")
                self.assertEqual(end.frame()[0]["seq"], 5)
            with Heard(broker, "p/s/snapshot") as heard:
                heard.wait("p/s/snapshot", lambda messages: messages and messages[-1][0] == png(5))
            with Capture(broker.url("p/s")) as other:
                self.assertEqual(other.frame()[1], png(5))  # the snapshot
                publish_by_hand(broker, "p/s/meta", meta.replace(b'"seq":5', b'"seq":6'), version="311")
                publish_by_hand(broker, "p/s/frame", png(5), version="311")
                header, payload = other.frame()
                self.assertEqual((payload, header["seq"], header["time_us"], header["live"], header["meta"], "payload" in header), (png(5), 6, 55, True, {"a": 1}, False))
                # And one whose meta is another's.
                publish_by_hand(broker, "p/s/meta", meta, version="311")
                publish_by_hand(broker, "p/s/frame", png(7), version="311")
                header, payload = other.frame()
                self.assertEqual((payload, header.get("seq"), header["live"], header["stream"]), (png(7), None, True, "s"))
                other.said("a meta belongs to another frame")
            # Who has had pictures with their headers asks for such messages again when they have none.
            got, ended = [], threading.Event()

            def take():
                while not got or got[-1] < 8:
                    got.append(end.frame()[0].get("seq", 0))
                ended.set()

            threading.Thread(target=take, daemon=True).start()
            while not ended.wait(0.05):
                publish_by_hand(broker, "p/s/meta", meta.replace(b'"seq":5', b'"seq":8'), version="311")
                publish_by_hand(broker, "p/s/frame", png(5), version="311")
            self.assertEqual(got[-1], 8)

    def test_bare_pictures_and_what_is_none(self):
        with Mosquitto() as broker, Capture(broker.url("p/s"), "--max-frame", "1000") as end:
            publish_by_hand(broker, "p/s/status", b"online", "-r")
            self.assertEqual(self.first_picture(broker, end), PNG)
            for payload in (b"no picture", b"", b"still none", png(1, 2000), png(2)):
                publish_by_hand(broker, "p/s/frame", payload)
            while (got := end.frame())[1] != png(2):
                self.assertEqual(got[1], PNG)
            self.assertEqual((got[0]["type"], got[0]["width"], got[0]["height"], got[0]["live"]), ("image/png", 3, 2, True))
            publish_by_hand(broker, "p/s/meta", b"{nonsense")
            publish_by_hand(broker, "p/s/frame", PNG, "-D", "publish", "content-type", "image/jpeg")
            publish_by_hand(broker, "p/s/frame", png(3), "-D", "publish", "user-property", "room", "the hall", "-D", "publish", "user-property", "seq", "99")
            header, payload = end.frame()
            self.assertEqual((payload, header["meta"], header["seq"]), (png(3), {"room": "the hall"}, 99))
            end.process.terminate()
            status, lines = end.end()
        self.assertEqual(status, 1)
        for words in ("a frame is no picture", "over the limit of 1000 bytes (--max-frame)", "a meta that is no header", "a frame is no image/jpeg", "messages were left out"):
            self.assertEqual(sum(words in line for line in lines), 1, lines)

    def first_picture(self, broker, end):
        """Publishes one until it comes: nobody is told when the client has subscribed."""
        came = threading.Event()

        def publish():
            while not came.wait(0.05):
                publish_by_hand(broker, "p/s/frame", PNG)

        publishing = threading.Thread(target=publish)
        publishing.start()
        try:
            return end.frame()[1]
        finally:
            came.set()
            publishing.join()


class Snapshots(unittest.TestCase):
    def test_who_comes_later_gets_the_last_picture_at_once(self):
        with Mosquitto() as broker, Publish(broker.url(), "--stream", "door") as push, Heard(broker, "framepipe/door/snapshot") as heard:
            push.write(frame(png(1), "image/png", seq=1, time_us=11, meta={"x": 1}))
            heard.wait("framepipe/door/snapshot")
            with Capture(broker.url("framepipe/door")) as end:
                header, payload = end.frame()
                self.assertEqual((payload, header["seq"], header["meta"]), (png(1), 1, {"x": 1}))
                push.write(frame(png(2), "image/png", seq=2, time_us=22))
                self.assertEqual(end.frame()[1], png(2))
            self.assertEqual(push.end(), (0, []))

    def test_a_stream_that_is_offline(self):
        with Mosquitto() as broker:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                self.assertEqual(push.end(), (0, []))
            with Capture(broker.url("framepipe/door")) as end:
                end.said("the stream door is offline; waiting for it")
                with Publish(broker.url(), "--stream", "door") as push:
                    push.write(live(2))
                    self.assertEqual(end.frame()[0]["seq"], 2)
                    self.assertEqual(push.end(), (0, []))

    def test_a_stream_that_is_not_there_yet(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end:
            end.said("there is no stream door yet; waiting for it")
            broker.kill()
            end.said("waiting until it is back")
            broker.restart()
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                self.assertEqual(end.frame()[1], png(1))
                self.assertEqual(push.end(), (0, []))
            end.process.terminate()
            status, lines = end.end()
        self.assertEqual((status, sum("there is no stream" in line for line in lines)), (0, 1), lines)


class Breaks(unittest.TestCase):
    def test_a_broker_may_be_started_later(self):
        with Mosquitto() as broker:
            broker.kill()
            with Capture(broker.url("framepipe/door")) as end, Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                push.said("connection refused; it is tried again")
                end.said("connection refused; waiting until it is there")
                broker.restart()
                self.assertEqual(end.frame()[1], png(1))
                push.said("takes frames")
                status, lines = push.end()
                self.assertEqual((status, len(lines)), (0, 2), lines)
                end.process.terminate()
                status, lines = end.end()
                self.assertEqual((status, len(lines)), (0, 2), lines)

    def test_a_broker_that_went_away_and_is_back(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end, Publish(broker.url(), "--stream", "door") as push:
            push.write(live(1))
            end.frame()
            broker.kill()
            push.said("the broker closed the connection; it is tried again")
            end.said("waiting until it is back")
            broker.restart()
            push.said("takes frames again")
            # Whoever of them is back first; and the snapshot of the first is not given again.
            push.write(live(2))
            self.assertEqual(end.frame()[1], png(2))
            with Heard(broker, "framepipe/door/+") as heard:
                for kind in ("status", "info", "snapshot"):
                    self.assertTrue(heard.wait(f"framepipe/door/{kind}")[0][1])
            status, lines = push.end()
            self.assertEqual((status, len(lines)), (0, 2), lines)
            end.process.terminate()
            status, lines = end.end()
            self.assertEqual((status, len(lines)), (0, 2), lines)

    def test_a_broker_that_has_forgotten(self):
        with Mosquitto() as broker, Publish(broker.url(), "--stream", "door", "--home-assistant") as push:
            push.write(live(1))
            with Heard(broker, "framepipe/door/snapshot") as heard:
                heard.wait("framepipe/door/snapshot")
            broker.kill()
            push.said("it is tried again")
            broker.restart()
            push.said("takes frames again")
            # Without a new picture.
            with Heard(broker, "framepipe/door/+", "homeassistant/#") as heard:
                for topic in ("framepipe/door/status", "framepipe/door/info", "framepipe/door/snapshot", "homeassistant/camera/framepipe_door/config"):
                    heard.wait(topic, lambda messages: messages and messages[0][0])
                self.assertEqual(heard.messages("framepipe/door/status")[0][0], b"online")
                self.assertEqual(heard.messages("framepipe/door/snapshot")[0][0], png(1))
            self.assertEqual(push.end()[0], 0)

    def test_one_of_several_brokers_says_nothing(self):
        with FakeBroker(answers=False) as silent, Mosquitto() as good:
            hosts = f"mqtt://127.0.0.1:{silent.port},127.0.0.1:{good.port}/framepipe"
            with Capture(hosts + "/door") as end, Publish(hosts, "--stream", "door") as push:
                push.write(live(1))
                self.assertEqual(end.frame()[1], png(1))
                self.assertEqual(push.end(), (0, []))
                self.assertEqual(end.lines, [])
            self.assertGreaterEqual(len(silent.asked), 2)

    def test_the_only_one_that_is_there_says_nothing_yet(self):
        # As a node that chooses its leader while the others start.
        with FakeBroker(answers=False) as broker:
            hosts = f"mqtt://127.0.0.1:{free_port()},127.0.0.1:{broker.port}"
            for url in (hosts, broker.url("")[:-1]):
                broker.answers = False
                with Publish(url + "/framepipe", "--stream", "door") as push, Capture(url + "/framepipe/door") as end:
                    push.write(live(1))
                    push.said("it is tried again")
                    end.said("waiting until it is there")
                    if url == hosts:
                        eventually(lambda: len(broker.unanswered) >= 6, "more questions")
                    broker.answers = True
                    eventually(lambda: any(line.endswith(" is there") and "waiting" not in line for line in end.lines), f"its word among {end.lines}")
                    eventually(lambda: ("framepipe/door/frame", png(1)) in broker.got, "the frame")
                    broker.got.clear()
                    self.assertEqual(push.end()[0], 0)
            # A node may take nobody by the name of one whom it has not answered yet.
            self.assertEqual(len(set(broker.unanswered)), len(broker.unanswered), broker.unanswered)

    def test_a_broker_that_reads_nothing_while_it_stores(self):
        # As nats-server, for seconds, while its cluster chooses a leader: frames have a way of their own.
        stored = threading.Event()

        def on_message(_, topic, __):
            if not topic.endswith(("/frame", "/meta")):
                stored.wait(DEADLINE)

        with FakeBroker(on_message=on_message) as broker:
            kept = lambda kind: f"framepipe/door/{kind}" in {topic for topic, _ in broker.got}  # noqa: E731
            with Publish(broker.url(), "--stream", "door") as push:
                for number in range(3):
                    push.write(live(number))
                    eventually(lambda: ("framepipe/door/frame", png(number)) in broker.got, f"picture {number}")
                self.assertTrue(not (kept("status") and kept("info") and kept("snapshot")), broker.got)
                stored.set()
                for kind in ("status", "info", "snapshot"):
                    eventually(lambda: kept(kind), kind)
                self.assertEqual(push.end(), (0, []))
                # What the other connection brought may be the last to be taken up.
                self.assertEqual([payload for topic, payload in broker.got if topic == "framepipe/door/status"][-1], b"offline")

    def test_it_vanishes_in_mid_packet(self):
        whole = message("p/s/frame", png(1, 100_000))
        parts = [whole[:50_000], whole]

        def on_subscribe(link, body):
            if b"p/s/snapshot" in body:
                link.sendall(parts[0])
                if len(parts) == 2:
                    parts.pop(0)
                    link.shutdown(2)

        with FakeBroker(on_subscribe=on_subscribe) as broker, Capture(broker.url("p/s")) as end:
            self.assertEqual(end.frame()[1], png(1, 100_000))
            eventually(lambda: len(end.lines) == 2, "two lines")
            self.assertIn("the broker closed the connection; waiting until it is back", end.lines[0])

    def test_what_is_no_broker(self):
        for greeting in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\xff\xff\xff\xff\xff\xff", b""):
            with FakeBroker(greeting=greeting) as broker:
                for command in ((PUBLISH, broker.url()), (CAPTURE, broker.url("p/s"))):
                    status, lines = run(*command, data=frame(PNG, "image/png"))
                    self.assertEqual((status, len(lines)), (1, 1), lines)

    def test_a_backlog_is_dropped_to_the_newest(self):
        links = []
        with FakeBroker(on_subscribe=lambda link, body: links.append(link)) as broker, Capture(broker.url("p/s")) as end:
            eventually(lambda: len(links) == 6, "subscriptions")

            def send(number, age=0):
                header = b'{"type":"image/png","seq":%d,"time_us":%d,"live":true,"stages":{},"payload":%s}' % (
                    number, int(time.time() * 1e6) - age, self.about(png(number, 1000)))
                return message("p/s/meta", header) + message("p/s/frame", png(number, 1000))

            for number in range(5):
                links[0].sendall(send(number))
                self.assertEqual(end.frame()[0]["seq"], number)
            # As after a stall: late ones in pieces, and at last one that is not.
            for number in range(5, 105):
                links[0].sendall(send(number, age=3_000_000))
            links[0].sendall(send(105))
            self.assertEqual(end.frame()[0]["seq"], 105)

    @staticmethod
    def about(payload):
        total = 0xcbf29ce484222325
        looks = 512
        picked = payload if len(payload) <= 2 * looks else [payload[len(payload) * i // looks] for i in range(looks)] + list(payload[-looks:])
        for byte in picked:
            total = ((total ^ byte) * 0x100000001b3) & (2**64 - 1)
        return b'{"bytes":%d,"sum":"%016x"}' % (len(payload), total)

    def test_the_next_of_several_brokers(self):
        with Mosquitto() as first, Mosquitto() as second:
            hosts = f"mqtt://127.0.0.1:{first.port},127.0.0.1:{second.port}"
            with Capture(second.url("framepipe/door")) as end, Publish(hosts + "/framepipe", "--stream", "door") as push:
                push.write(live(1))
                with Heard(first, "framepipe/#") as heard:
                    heard.wait("framepipe/door/snapshot")
                first.kill()
                push.said("takes frames again")
                push.write(live(2))
                while end.frame()[1] != png(2):
                    pass
                self.assertEqual(push.end()[0], 0)


if __name__ == "__main__":
    main()
