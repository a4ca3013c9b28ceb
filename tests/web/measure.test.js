// Clock offset, rates and the pauses between attempts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, pauseAfter } from '../../web/page/connection.js';
import { Meter, ServerClock } from '../../web/page/measure.js';

test('the quickest of the last round trips tells the offset of the clocks', () => {
    const clock = new ServerClock();
    assert.equal(clock.local(5_000_000), 5000);
    clock.heard(1000, 61_000_000); // 60 s ahead, as far as one message tells
    assert.equal(clock.local(61_000_000), 1000);
    clock.answered(2000, 2400, 62_390_000); // slow, and later than half way
    clock.answered(3000, 3010, 63_005_000);
    clock.answered(4000, 4300, 64_010_000);
    assert.equal(clock.local(63_005_000), 3005);
    for (let i = 0; i < 8; ++i) {
        clock.answered(5000, 5020, 5_010_000); // the old samples are forgotten
    }
    assert.equal(clock.local(5_010_000), 5010);
});

test('a rate is that of the last two seconds', () => {
    const meter = new Meter();
    assert.deepEqual(meter.rates(0), { fps: 0, bytes: 0 });
    meter.count(0, 100);
    assert.equal(meter.rates(10).fps, 0);
    for (let at = 1000; at <= 5000; at += 20) {
        meter.count(at, 100);
    }
    assert.ok(Math.abs(meter.rates(5010).fps - 50) < 0.01);
    assert.ok(Math.abs(meter.rates(5010).bytes - 5000) < 1);
});

test('rare pictures have a rate too, and none when they stopped coming', () => {
    const meter = new Meter();
    for (let at = 0; at <= 40000; at += 10000) {
        meter.count(at, 1);
    }
    assert.equal(meter.rates(49000).fps, 0.1);
    assert.equal(meter.rates(61001).fps, 0);
});

test('pauses grow to eight seconds, and no two viewers have the same', () => {
    assert.deepEqual(
        [0, 1, 2, 3, 4, 5, 6, 50].map((failures) => pauseAfter(failures, 0)),
        [250, 500, 1000, 2000, 4000, 8000, 8000, 8000],
    );
    assert.equal(pauseAfter(2, 1), 500);
});

/** Stands for a WebSocket that the test opens, closes and speaks through. */
class FakeSocket {
    static all = [];
    sent = [];
    closed = false;

    constructor(url, protocol) {
        this.url = url;
        this.protocol = protocol;
        FakeSocket.all.push(this);
    }

    send(text) {
        this.sent.push(JSON.parse(text));
    }

    close() {
        this.closed = true;
    }
}

function connection() {
    FakeSocket.all = [];
    const states = [];
    const heard = [];
    const link = new Connection(
        {
            address: () => 'ws://127.0.0.1:1/ws?stream=x',
            opened: () => heard.push('opened'),
            frame: (message) => heard.push(message),
            control: (control) => heard.push(control),
            changed: () => states.push(link.state),
        },
        FakeSocket,
    );
    return { link, states, heard };
}

test('a connection asks for the protocol, hears frames and control, and survives nonsense', () => {
    const { link, states, heard } = connection();
    link.connect();
    const [socket] = FakeSocket.all;
    assert.equal(socket.protocol, 'framepipe.v1');
    socket.onopen();
    const message = new ArrayBuffer(3);
    socket.onmessage({ data: message });
    socket.onmessage({ data: '{"streams":[]}' });
    socket.onmessage({ data: 'nonsense' });
    socket.onmessage({ data: '7' });
    assert.deepEqual(heard, ['opened', message, { streams: [] }]);
    assert.ok('ping' in socket.sent[0]);
    link.close();
    assert.deepEqual(states, ['connecting', 'open', 'lost']);
    assert.ok(socket.closed);
});

test('a lost connection is tried again at once when somebody looks', () => {
    const { link, states } = connection();
    link.connect();
    FakeSocket.all[0].onopen();
    FakeSocket.all[0].onclose();
    assert.equal(link.state, 'lost');
    assert.ok(link.retryIn > 0 && link.retryIn <= 250);
    link.wake();
    assert.equal(FakeSocket.all.length, 2);
    FakeSocket.all[1].onopen();
    assert.deepEqual(states, ['connecting', 'open', 'lost', 'connecting', 'open']);
    link.close();
});
