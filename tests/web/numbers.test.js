// Numbers in texts, what is kept of them, and where they are drawn.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Batch } from '../../web/page/batch.js';
import { History, WINDOW } from '../../web/page/history.js';
import { numbersIn } from '../../web/page/numbers.js';
import { plot, rangeOf, thin, tickText, ticks } from '../../web/page/plot.js';

const read = (text) => {
    const found = numbersIn(new TextEncoder().encode(text));
    return found && Object.fromEntries(found);
};

test('a number, a list and a key are understood as people and Python write them', () => {
    assert.deepEqual(read('21.5'), { '': 21.5 });
    assert.deepEqual(read(' -2e-3\n'), { '': -0.002 });
    assert.deepEqual(read('+.5'), { '': 0.5 });
    assert.deepEqual(read('temp=21.5'), { temp: 21.5 });
    assert.deepEqual(read('temp = 21.5'), { temp: 21.5 });
    assert.deepEqual(read('a1=sq=[1,2,3]'), { 'a1=sq': [1, 2, 3] });
    assert.deepEqual(read('[1., 2, nan, -inf]'), { '': [1, 2, NaN, NaN] });
    assert.deepEqual(read('x=nan'), { x: NaN });
    assert.deepEqual(read('[7]'), { '': [7] });
    assert.deepEqual(read('(1, 2)'), { '': [1, 2] });
    assert.deepEqual(read('[0.5 1.\n 2.5]'), { '': [0.5, 1, 2.5] });
    assert.deepEqual(read('1, 2, 3'), { '': [1, 2, 3] });
    assert.deepEqual(read('1\n2\n3\n'), { '': [1, 2, 3] });
    assert.deepEqual(read('m=[[1,2],[3]]'), { 'm[0]': [1, 2], 'm[1]': [3] });
    assert.deepEqual(read('t=1\nu=[2,3]'), { t: 1, u: [2, 3] });
    assert.deepEqual(read('{"t": 1, "u": [2, 3]}'), { t: 1, u: [2, 3] });
});

test('whatever else somebody writes is no number', () => {
    const others = ['', ' ', 'hello', 'temp=', '=5', 'temp=warm', '10fps', '2026-03-04', '12:30', '1.2.3', 'info', '[', ']', '[]', '[1', '1]'];
    others.push('[1]2', '[1][2]', '[[[1]]]', '[1,[2]]', '[[1],2]', '0x10', '{}', '{"a":"b"}', '{"a":1,"b":"c"}', '{"a":[1,"2"]}', '{"a":true}');
    others.push('{"a":null}', '{', 'a=b=c=d=e=1', 't=1\nhello', 'temp=21.5 C', 'data:image/png;base64,AAAA', '1 [2]');
    for (const text of others) assert.equal(read(text), null, JSON.stringify(text));
    assert.equal(numbersIn(new Uint8Array([0x31, 0xff])), null);
    assert.equal(read(`[${'1,'.repeat(1 << 20)}1]`), null); // no plot for people
});

test('of a thousand keys a bounded number is read', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]));
    assert.equal(Object.keys(read(JSON.stringify(many))).length, 64);
});

test('a list replaces the one before, a number becomes a trace of the last minute', () => {
    const history = new History();
    history.put([{ key: 'l', at: 1000, value: [1, 2] }]);
    history.put([{ key: 'l', at: 2000, value: [3] }]);
    history.put([{ key: 'n', at: 2000, value: 5 }]);
    history.put([{ key: 'n', at: 3000, value: 6 }]);
    assert.deepEqual(history.lists, [{ key: 'l', values: [3], at: 2000 }]);
    assert.deepEqual(history.traces[0].points, [
        { at: 2000, value: 5 },
        { at: 3000, value: 6 },
    ]);
    history.put([{ key: 'n', at: 2500 + WINDOW, value: 7 }]);
    assert.deepEqual(
        history.traces[0].points.map(({ value }) => value),
        [6, 7],
    );
    assert.deepEqual(history.lists, []); // nothing was heard of it for a minute
});

test('what is kept has bounds, and a clock that goes back begins anew', () => {
    const history = new History();
    for (let at = 0; at < 20000; ++at) history.put([{ key: 'n', at: 1e6 + at, value: at }]);
    assert.equal(history.traces[0].points.length, 6000);
    assert.equal(history.traces[0].points.at(-1).value, 19999);
    history.put(Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, at: 1e6 + 20000 + i, value: i })));
    assert.equal(history.traces.length, 16);
    assert.equal(history.traces.at(-1).key, 'k99'); // the longest silent went
    history.put([{ key: 'n', at: 5, value: 1 }]);
    assert.deepEqual(history.traces, [{ key: 'n', points: [{ at: 5, value: 1 }] }]);
    history.put([{ key: 'n', at: 6, value: [1] }]); // the key means something else now
    assert.deepEqual([history.traces.length, history.lists.length], [0, 1]);
    history.clear();
    assert.ok(history.empty);
});

test('numbers that come flat out are told together', async () => {
    const told = await new Promise((done) => {
        const batch = new Batch(done);
        for (let i = 0; i < 20000; ++i) batch.put(new Map(Object.entries({ n: i, l: [i] })), i);
    });
    assert.ok(told.length <= 2 * 4096 + 1, String(told.length));
    assert.deepEqual(told.at(-1), { key: 'l', at: 19999, value: [19999] });
    assert.deepEqual(told.at(-2), { key: 'n', at: 19999, value: 19999 });
});

test('marks are round numbers, and read as such', () => {
    assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
    assert.deepEqual(ticks(-1.3, 1.2, 3), [-1, 0, 1]);
    assert.deepEqual(ticks(5, 5, 3), []);
    assert.ok(ticks(0, 1e-9, 4).length > 2);
    assert.equal(tickText(0.30000000000000004, 0.1), '0.3');
    assert.equal(tickText(-0.5, 0.5), '−0.5');
    assert.equal(tickText(-0, 1), '0');
    assert.equal(tickText(1200, 200), '1200');
    assert.equal(tickText(2.5e7, 5e6), '2.5e7');
    assert.equal(tickText(2e-5, 1e-5), '2e-5');
});

test('a line that does not move, and one without a number, have a range too', () => {
    const range = (...values) => rangeOf([{ points: values.map((y, x) => ({ x, y })), colour: '' }]);
    assert.deepEqual(range(5, 5), { low: 4.5, high: 5.5 });
    assert.deepEqual(range(0), { low: -1, high: 1 });
    assert.deepEqual(range(NaN), { low: 0, high: 1 });
    const { low, high } = range(-10, NaN, 10);
    assert.ok(low < -10 && high > 10);
});

test('no more points are drawn than pixels can show, and no peak is lost', () => {
    const points = Array.from({ length: 100000 }, (_, i) => ({ x: i / 1000, y: i === 43210 ? 99 : i % 7 }));
    const thinned = thin(points);
    assert.ok(thinned.length <= 400, String(thinned.length));
    assert.ok(thinned.some(({ y }) => y === 99));
    assert.deepEqual(thin(points.slice(0, 3)), points.slice(0, 3));
    assert.ok(thin(points.map(({ x }) => ({ x, y: NaN }))).every(({ y }) => Number.isNaN(y)));
});

test('gaps divide a line, and a point between two gaps is seen', () => {
    const calls = [];
    const context = new Proxy(
        {},
        {
            get: (_, name) => (name === 'measureText' ? () => ({ width: 20 }) : (...values) => calls.push([name, ...values])),
            set: () => true,
        },
    );
    const line = { colour: 'red', points: [1, 2, NaN, 3, NaN].map((y, x) => ({ x, y })) };
    plot(context, { x: 0, y: 0, width: 200, height: 100 }, [line], { from: 0, to: 4, text: String }, { text: '', grid: '', font: '' });
    const after = calls.slice(calls.findIndex(([name]) => name === 'clip'));
    assert.deepEqual(
        after.map(([name]) => name).filter((name) => ['moveTo', 'lineTo', 'fillRect'].includes(name)),
        ['moveTo', 'lineTo', 'moveTo', 'fillRect'],
    );
    for (const [, x, y] of after.filter(([name]) => name === 'lineTo')) assert.ok(x > 20 && x < 200 && y > 0 && y < 80);
});
