"""What is too large or too much for a broker: limits_test.py BIN."""
import os
import signal
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wsserve"), os.path.join(HERE, "../capture"), os.path.join(HERE, "../publish")]

from brokers import FakeBroker, Heard, Mosquitto, Nats, Slow, publish_by_hand  # noqa: E402
from harness import DEADLINE, eventually, frame, main  # noqa: E402
from pictures import live, png  # noqa: E402
from pushing import Publish  # noqa: E402
from running import Capture  # noqa: E402


class Limits(unittest.TestCase):
    def test_a_limit_that_the_broker_names(self):
        with Mosquitto("allow_anonymous true\nmax_packet_size 100000") as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                end.frame()
                push.write(live(2, 200_000))
                push.said("a frame is over the broker's limit of 100000 bytes a packet; left out")
                push.write(live(3, 200_000) + frame(png(4), "image/png", seq=4, time_us=int(time.time() * 1e6)))
                self.assertEqual(end.frame()[0]["seq"], 4)
                status, lines = push.end()
        self.assertEqual((status, len(lines), "frames were left out" in lines[-1]), (1, 2, True), lines)

    def test_a_limit_that_the_broker_does_not_name(self):
        # It drops larger messages; only that of the snapshot is acknowledged, with the reason.
        with Mosquitto("allow_anonymous true\nmessage_size_limit 100000") as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1, 200_000))
                push.said(f"the broker does not take frames of {len(png(1, 200_000))} bytes, and they and larger ones are not sent; left out")
                push.write(frame(png(2), "image/png", seq=2, time_us=int(time.time() * 1e6)))
                self.assertEqual(end.frame()[0]["seq"], 2)
                push.write(live(3, 200_000) + frame(png(4), "image/png", seq=4, time_us=int(time.time() * 1e6)))
                self.assertEqual(end.frame()[0]["seq"], 4)
                status, lines = push.end()
        # What newer libraries take for no acknowledgement ends the connection, once.
        self.assertEqual((status, "2 frames were left out" in lines[-1]), (1, True), lines)

    def test_what_a_later_connection_says_is_no_answer_to_the_snapshot(self):
        # The broker goes before it has answered, and for a while there is something else at its address.
        with FakeBroker(version=5) as broker, Publish(broker.url(), "--stream", "door") as push:
            def gone(_, topic, __):
                if topic.endswith("/frame"):
                    broker.greeting = b"\x20\xff\xff\xff\xff\xff\xff"
                    return False

            broker.on_message = gone
            push.write(live(1))
            eventually(lambda: len(broker.asked) >= 3, "connections to something else")
            broker.got.clear()
            broker.on_message = lambda *_: None
            broker.greeting = None
            push.write(live(2))
            eventually(lambda: "framepipe/door/frame" in {topic for topic, _ in broker.got}, "a frame of the same size")
            status, lines = push.end()
        self.assertEqual((status, [line for line in lines if "not sent" in line]), (0, []), lines)

    def test_who_may_send_frames_and_no_snapshots(self):
        with tempfile.TemporaryDirectory() as folder:
            rules = os.path.join(folder, "rules")
            with open(rules, "w") as file:
                file.write("topic readwrite framepipe/door/#\ntopic deny framepipe/door/snapshot\n")
            with Mosquitto(f"allow_anonymous true\nacl_file {rules}") as broker, Capture(broker.url("framepipe/door")) as end:
                with Publish(broker.url(), "--stream", "door") as push:
                    push.write(live(1))
                    push.said("the broker does not take snapshots: not authorized")
                    push.write(live(2))
                    while end.frame()[0]["seq"] != 2:
                        pass
                    self.assertEqual(push.end()[0], 1)

    def test_our_own_limit(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door", "--max-frame", "1000") as push:
                push.write(live(1))
                self.assertEqual(end.frame()[0]["seq"], 1)
                push.write(live(2, 2000) + live(3, 300_000))
                push.said("a frame on stdin is over the limit of 1000 bytes (--max-frame); left out")
                push.write(live(4))
                self.assertEqual(end.frame()[0]["seq"], 4)
                status, lines = push.end()
        self.assertEqual((status, len(lines), lines[-1]), (1, 2, "publish: 2 frames were left out"), lines)

    def test_a_broker_that_ends_the_connection_at_large_frames(self):
        with FakeBroker(on_message=lambda link, topic, size: size < 100_000) as broker, Publish(broker.url(), "--stream", "door") as push:
            push.write(live(0))
            number = 0

            def said():
                nonlocal number
                number += 1
                push.write(live(number, 200_000))
                return any("the broker does not take frames of 2000" in line for line in push.lines)

            eventually(said, "a limit")
            push.write(frame(png(7777), "image/png", seq=number + 1, time_us=int(time.time() * 1e6)))
            eventually(lambda: ("framepipe/door/frame", png(7777)) in broker.got, "a frame that is smaller")
            self.assertEqual(push.end()[0], 1)

    def test_a_nats_server_has_no_limit_here(self):
        # max_payload is of its own protocol: larger frames pass, and are retained.
        with Nats("max_payload: 100000") as broker, Publish(broker.url(), "--stream", "door") as push:
            with Capture(broker.url("framepipe/door")) as end:
                got = []
                threading.Thread(target=lambda: got.append(end.frame()[1]), daemon=True).start()

                def came():
                    push.write(live(1, 200_000))
                    return got

                self.assertEqual(eventually(came, "a frame")[0], png(1, 200_000))
            with Capture(broker.url("framepipe/door")) as later:
                self.assertEqual(later.frame()[1], png(1, 200_000))
            self.assertEqual(push.end(), (0, []))

    def test_the_newest_wins_at_a_broker_that_takes_nothing(self):
        with FakeBroker(version=4, reads=False) as broker, Publish(broker.url(), "--stream", "door", "-v") as push:
            for number in range(300):
                push.write(live(number, 1_000_000))
            with open(f"/proc/{push.process.pid}/status") as file:
                most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
            self.assertLess(most, 100_000)  # kB; all of them would be 300 MB
            push.process.send_signal(signal.SIGTERM)
            self.assertEqual(push.process.wait(DEADLINE), 0)
            dropped = int(push.said("gave way to newer ones").split()[1])
            self.assertGreater(dropped, 250)


class Queues(unittest.TestCase):
    def test_mosquitto_keeps_the_oldest_for_who_does_not_read(self):
        with Mosquitto("allow_anonymous true\nsys_interval 1") as broker, Slow(broker, "framepipe/door/frame", "mark") as slow:
            with Heard(broker, "$SYS/broker/publish/messages/dropped") as counted, Capture(broker.url("framepipe/door")) as end:
                with Publish(broker.url(), "--stream", "door") as push:
                    number = 0

                    def dropped():
                        nonlocal number
                        for _ in range(50):
                            number += 1
                            push.write(live(number, 20_000))
                        return int(counted.messages("$SYS/broker/publish/messages/dropped")[-1][0] or b"0") > 0

                    push.write(live(0))
                    self.assertEqual(end.frame()[0]["seq"], 0)
                    counted.wait("$SYS/broker/publish/messages/dropped")
                    eventually(dropped, "a queue that is full")
                    number += 1
                    push.write(frame(png(number), "image/png", seq=number, time_us=int(time.time() * 1e6)))
                    # Nobody has read the edge's pictures either. One waits in the pipe, then come the newest, some of
                    # which may be on their way still.
                    seqs = []
                    while number not in seqs:
                        seqs.append(end.frame()[0]["seq"])
                    self.assertLess(len(seqs), 20)
                    self.assertEqual(push.end(), (0, []))
            # The other client gets a thousand old ones, and not the newest.
            got = []
            publish_by_hand(broker, "mark", b"x")
            while (message := slow.message())[0] != "mark":
                got.append(message[1])
                if len(got) % 100 == 0:
                    publish_by_hand(broker, "mark", b"x")
            self.assertGreater(len(got), 1000)
            self.assertEqual(got[0], png(0))
            self.assertNotIn(png(number), got)


if __name__ == "__main__":
    main()
