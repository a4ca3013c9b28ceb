// What the page says and how it writes numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fit } from '../../web/page/screen.js';
import { ageText, chooseStream, fileName, neighbour, rateText, sizeText, statusOf } from '../../web/page/words.js';

const view = (changes) => ({
    link: 'open',
    again: true,
    retryIn: 0,
    refusal: '',
    silent: 100,
    version: '',
    streams: [{ name: '', state: 'live' }],
    stream: '',
    paused: false,
    kind: 'picture',
    bad: 0,
    ...changes,
});

test('each state has its words', () => {
    const says = (changes) => statusOf(view(changes)).label;
    assert.equal(says({}), 'Live');
    assert.equal(says({ responds: true }), 'Live');
    assert.equal(says({ responds: true, kind: 'none', streams: [], stream: null }), 'Ready');
    assert.equal(says({ responds: true, trouble: 'it stopped', kind: 'none', streams: [], stream: null }), 'Failed');
    assert.equal(says({ responds: true, kind: 'none', streams: [], stream: 'one', named: true }), 'Waiting');
    assert.equal(says({ kind: 'none', streams: [], stream: null }), 'Waiting');
    assert.equal(says({ link: 'connecting', again: false }), 'Connecting');
    assert.equal(says({ link: 'connecting' }), 'Reconnecting');
    assert.equal(says({ link: 'lost' }), 'Reconnecting');
    assert.equal(says({ link: 'lost', again: false }), 'Reconnecting');
    assert.equal(says({ silent: 6000 }), 'No answer');
    assert.equal(says({ paused: true }), 'Paused');
    assert.equal(says({ kind: 'none' }), 'Waiting');
    assert.equal(says({ kind: 'none', bad: 2 }), 'Damaged');
    assert.equal(says({ bad: 2 }), 'Live');
    assert.equal(says({ streams: [] }), 'Waiting');
    assert.equal(says({ streams: [{ name: '', state: 'waiting' }] }), 'Waiting');
    assert.equal(says({ streams: [{ name: '', state: 'idle' }] }), 'Idle');
    assert.equal(says({ streams: [{ name: '', state: 'ended' }] }), 'Input ended');
    assert.equal(says({ streams: [{ name: '', state: 'ended' }], kind: 'none' }), 'Input ended');
    assert.equal(says({ streams: [{ name: '', state: 'failed', error: 'no camera' }] }), 'Failed');
});

test('a lost link says when it is tried again, a refused one why', () => {
    assert.equal(statusOf(view({ link: 'lost', retryIn: 2300 })).hint, 'Next attempt in 3 s.');
    assert.equal(statusOf(view({ link: 'lost', retryIn: 300 })).hint, 'Trying now.');
    const refused = statusOf(view({ link: 'lost', again: false, refusal: 'a token is needed' }));
    assert.deepEqual([refused.title, refused.hint], ['Cannot connect', 'a token is needed']);
});

test('a stream that does not exist yet is named', () => {
    assert.match(statusOf(view({ kind: 'none', stream: 'garden' })).hint, /“garden” does not exist yet/);
});

test('the stream to begin with is the unnamed one, else the first', () => {
    assert.equal(chooseStream([]), null);
    assert.equal(chooseStream([{ name: 'b' }, { name: 'a' }]), 'b');
    assert.equal(chooseStream([{ name: 'b' }, { name: '' }]), '');
});

test('next and previous go around the list', () => {
    const streams = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    assert.equal(neighbour(streams, 'a', 1), 'b');
    assert.equal(neighbour(streams, 'c', 1), 'a');
    assert.equal(neighbour(streams, 'a', -1), 'c');
    assert.equal(neighbour(streams, 'gone', 1), 'a');
    assert.equal(neighbour([{ name: 'a' }], 'a', 1), null);
    assert.equal(neighbour([], null, 1), null);
});

test('numbers are short', () => {
    assert.deepEqual([0, 999, 1000, 9940, 42300, 999499, 999500, 25e6].map(sizeText), [
        '0 B',
        '999 B',
        '1.0 kB',
        '9.9 kB',
        '42 kB',
        '999 kB',
        '1.0 MB',
        '25 MB',
    ]);
    assert.deepEqual([0, 0.2, 9.96, 29.97, 99.95].map(rateText), ['0', '0.20', '10.0', '30.0', '100']);
    assert.deepEqual([-1, 0, 41.6, 1000, 59900, 61e3, 7.3e6, 3 * 86400e3].map(ageText), [
        '–',
        '0 ms',
        '42 ms',
        '1.0 s',
        '59.9 s',
        '1 min',
        '2 h',
        '3 days',
    ]);
});

test('a saved picture is named by stream, time and type', () => {
    const taken = new Date(2026, 2, 4, 5, 6, 7, 89);
    assert.equal(fileName('', 'image/jpeg', taken), 'framepipe_2026-03-04_05-06-07.089.jpg');
    assert.equal(fileName('front door', 'image/png', taken), 'front-door_2026-03-04_05-06-07.089.png');
    assert.equal(fileName('../../etc/passwd', 'text/plain; charset=utf-8', taken), 'etc-passwd_2026-03-04_05-06-07.089.txt');
    assert.equal(fileName('Tür', 'application/x-weird;/', taken), 'Tür_2026-03-04_05-06-07.089.bin');
    assert.equal(fileName('a', 'image/webp', taken), 'a_2026-03-04_05-06-07.089.webp');
});

test('a picture is fitted whole, in the middle, and pixel for pixel when it nearly fits', () => {
    assert.deepEqual(fit(640, 480, 1280, 960), { x: 0, y: 0, w: 1280, h: 960, scale: 2 });
    assert.deepEqual(fit(640, 480, 2000, 960), { x: 360, y: 0, w: 1280, h: 960, scale: 2 });
    assert.deepEqual(fit(640, 480, 660, 500), { x: 10, y: 10, w: 640, h: 480, scale: 1 });
    assert.deepEqual(fit(4000, 10, 400, 400), { x: 0, y: 199, w: 400, h: 1, scale: 0.1 });
});
