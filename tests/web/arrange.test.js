// Where the tiles of the grid stand, and what the page says of all streams together.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrange, usualRatio } from '../../web/page/arrange.js';
import { statusOf } from '../../web/page/words.js';

test('tiles are as large as their number and the window allow', () => {
    const columns = (...room) => arrange(...room).columns;
    assert.equal(columns(1, 1200, 700), 1);
    assert.equal(columns(2, 1200, 700), 2);
    assert.equal(columns(4, 1200, 700), 2);
    assert.equal(columns(9, 1200, 700), 3);
    assert.equal(columns(3, 400, 1200), 1);
    assert.equal(columns(2, 374, 700), 1);
    assert.equal(columns(8, 374, 700), 2); // a phone
    assert.equal(columns(3, 2400, 300, 16 / 9), 3);
});

test('more tiles than the window holds are not made too small to be seen', () => {
    const phone = arrange(64, 374, 700);
    assert.equal(phone.columns, 2);
    assert.ok(phone.height > 150, String(phone.height));
    const desk = arrange(64, 1200, 700);
    assert.ok((1200 - 8 * (desk.columns - 1)) / desk.columns >= 168);
    assert.equal(arrange(5, 100, 100).columns, 1);
});

test('a tile is no taller than its picture and its line', () => {
    const { columns, height } = arrange(2, 1000, 2000, 2);
    assert.equal(columns, 1);
    assert.ok(height < 1000 / 2 + 50, String(height));
});

test('tiles have the shape of most pictures', () => {
    const ratio = (...sizes) => usualRatio(sizes.map(([width, height]) => ({ width, height })));
    assert.equal(ratio(), 4 / 3);
    assert.equal(ratio([0, 0]), 4 / 3);
    assert.equal(ratio([1600, 900], [0, 0], [640, 480], [1600, 900]), 16 / 9);
    assert.equal(ratio([10000, 1]), 3);
    assert.equal(ratio([1, 10000]), 1 / 2);
});

test('all streams together are live while one is', () => {
    const says = (...states) => {
        const streams = states.map((state, i) => ({ name: String(i), state }));
        return statusOf({ link: 'open', again: true, silent: 0, paused: false, kind: 'none', bad: 0, tiles: [], streams });
    };
    assert.equal(says('live', 'live').label, 'Live');
    assert.equal(says('live', 'ended', 'idle').label, '1 of 3 live');
    assert.equal(says('idle', 'ended').label, 'Idle');
    assert.equal(says('waiting', 'ended').label, 'Waiting');
    assert.equal(says('failed', 'live').label, '1 of 2 live');
    assert.equal(says('failed', 'idle').label, 'Failed');
    assert.equal(says('ended', 'ended').label, 'Input ended');
    assert.equal(says().label, 'Waiting');
    assert.notEqual(says().title, '');
    assert.equal(says('live').title, '');
});
