// What is seen, counted, saved and let go of each picture.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { colours, near, picture, says, until } from './browser.js';
import { BLUE, GROUND, RED, acked, blue, browser, red, send, server, shows, text, viewer } from './stage.js';

test('a picture is shown whole, in the middle of its room, at the ends of nothing', async () => {
    const { page } = await viewer();
    send(await picture(browser, 'rgb(220 30 30)', { width: 300, height: 300 }));
    await shows(page, RED);
    const [left, inside, right] = await colours(page, [0.02, 0.5], [0.5, 0.98], [0.98, 0.5]);
    near(left, GROUND, 'left of the picture');
    near(inside, RED, 'the lower edge of the picture');
    near(right, GROUND, 'right of the picture');
});

test('a picture as large as its room is shown pixel for pixel on a fine screen', async () => {
    const { page } = await viewer(undefined, { deviceScaleFactor: 2 });
    const box = await page.locator('#picture').boundingBox();
    const stripes = await page.evaluate(
        async ([w, h]) => {
            const canvas = new OffscreenCanvas(w, h);
            const draw = canvas.getContext('2d');
            for (let x = 0; x < w; ++x) {
                draw.fillStyle = x % 2 ? 'rgb(220 30 30)' : 'rgb(30 30 220)';
                draw.fillRect(x, 0, 1, h);
            }
            return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
        },
        [box.width * 2, box.height * 2],
    );
    send(Buffer.from(stripes));
    await says(page, 'Live');
    await acked(1);
    const at = (x) => [(x + 0.5) / (box.width * 2 - 1), 0.5];
    await until('stripes', async () => {
        const [a, b, c] = await colours(page, at(100), at(101), at(102));
        return a[2] > 200 && b[0] > 200 && c[2] > 200;
    });
});

test('a much enlarged picture shows its pixels with hard edges', async () => {
    const { page } = await viewer();
    const two = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(2, 2);
        const draw = canvas.getContext('2d');
        draw.fillStyle = 'rgb(220 30 30)';
        draw.fillRect(0, 0, 1, 2);
        draw.fillStyle = 'rgb(30 30 220)';
        draw.fillRect(1, 0, 1, 2);
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    send(Buffer.from(two));
    await acked(1);
    await until('hard edges', async () => {
        const [left, right] = await colours(page, [0.49, 0.5], [0.51, 0.5]);
        return left[0] > 200 && left[2] < 60 && right[2] > 200 && right[0] < 60;
    });
});

test('see-through parts of a picture are white', async () => {
    const { page } = await viewer();
    send(await picture(browser, 'rgb(0 0 0 / 0)'));
    await shows(page, [255, 255, 255]);
});

test('numbers: size, bytes, rate, and an age that two clocks do not disturb', async () => {
    server.ahead = 3600e6;
    const { page } = await viewer();
    const timer = setInterval(() => send(red, { time_us: server.now_us() - 200000, width: 64, height: 48 }), 40);
    try {
        await says(page, 'Live');
        assert.equal(await text(page, 'size'), '64 × 48');
        assert.equal(await text(page, 'bytes'), `${red.length} B`);
        await until('a rate', async () => parseFloat(await text(page, 'fps')) > 0);
        // On a machine with much to do the first word about the server's clock comes late, and the next ones mend it.
        await until('an age of 200 ms and somewhat more', async () => Number(/^(\d+) ms$/.exec(await text(page, 'age'))?.[1]) >= 190);
    } finally {
        clearInterval(timer);
    }
});

test('every frame is acknowledged, the newest one is shown, and drops are counted', async () => {
    const { page } = await viewer([{ name: '', state: 'live', drops: 5 }]);
    const large = await picture(browser, 'rgb(220 30 30)', { width: 2000, height: 2000 });
    for (let i = 0; i < 30; ++i) send(large);
    send(blue);
    await acked(31);
    await shows(page, BLUE);
    const counts = server.peer.said.filter((message) => 'ack' in message).map(({ ack }) => ack);
    assert.deepEqual(
        counts,
        [...counts].sort((a, b) => a - b),
    );
    // One was in work when the next came; of those that waited all but the newest were left out.
    await until('drops', async () => Number(await text(page, 'drops')) === 5 + 31 - counts.length);
});

test('a damaged picture is counted and acknowledged, and the one before stays', async () => {
    const { page, complaints } = await viewer();
    send(red);
    await shows(page, RED);
    send(red.subarray(0, 40));
    await acked(2);
    await until('the count', async () => (await text(page, 'bad')) === '1');
    await shows(page, RED);
    send(blue);
    await shows(page, BLUE);
    assert.deepEqual(complaints, []);
});

test('text and JSON are shown as such, and what cannot be shown says what it is', async () => {
    const { page } = await viewer();
    send('a <b>line</b>\nand another', { type: 'text/plain' });
    await until('the text', async () => (await text(page, 'text')) === 'a <b>line</b>\nand another');
    send('{"a":[1,2]}', { type: 'application/json' });
    await until('JSON', async () => (await text(page, 'text')).includes('"a": [\n'));
    send('???', { type: 'application/x-odd' });
    await until('the type', async () => (await text(page, 'message-title')) === 'This is application/x-odd');
    send(red);
    await shows(page, RED);
    assert.ok(await page.isHidden('#text'));
    assert.ok(await page.isHidden('#message'));
});

test('save gives the bytes that came, under a name with stream, time and ending', async () => {
    const { page } = await viewer([{ name: 'front door', state: 'live' }]);
    const taken = new Date(2026, 2, 4, 5, 6, 7, 89);
    send(red, { stream: 'front door', time_us: taken.getTime() * 1000 });
    await shows(page, RED);
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    assert.equal(download.suggestedFilename(), 'front-door_2026-03-04_05-06-07.089.png');
    assert.deepEqual(await readFile(await download.path()), red);
});

for (const [what, script] of [
    ['a canvas that cannot leave the page', () => delete HTMLCanvasElement.prototype.transferControlToOffscreen],
    [
        'workers that know no modules',
        () =>
            (globalThis.Worker = class {
                constructor() {
                    queueMicrotask(() => this.onerror(new Event('error')));
                }
                terminate() {}
            }),
    ],
]) {
    test(`without workers: ${what}`, async () => {
        const { page, complaints } = await viewer(undefined, { before: (opened) => opened.addInitScript(script) });
        assert.equal(page.workers().length, 0);
        send(red);
        await shows(page, RED);
        await acked(1);
        assert.deepEqual(complaints, []);
    });
}

test('the details show the way of the picture and its own data', async () => {
    const { page } = await viewer();
    await page.keyboard.press('i');
    const taken = server.now_us() - 50000;
    send(red, { time_us: taken, seq: 42, meta: { label: 'cat' }, stages: { encode: taken + 20000, capture: taken + 5000 } });
    await page.waitForSelector('#steps li');
    const steps = await page.$$eval('#steps li', (items) => items.map((item) => [...item.children].map((child) => child.textContent)));
    assert.deepEqual(
        steps.map(([name]) => name),
        ['capture', 'encode', 'received', 'shown'],
    );
    assert.equal(steps[1][1], '+15.0 ms');
    assert.match(await text(page, 'facts'), /Number42/);
    assert.match(await text(page, 'meta'), /"label": "cat"/);
});

/** Resident memory of all of Chromium's processes, in MB. */
async function memory() {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    const pages = await Promise.all(processInfo.map(async ({ id }) => Number((await readFile(`/proc/${id}/statm`, 'utf8')).split(' ')[1])));
    return (pages.reduce((sum, count) => sum + count, 0) * 4096) / 1e6;
}

test('a thousand large pictures leave no memory behind', async () => {
    const { page } = await viewer();
    // Each is 3.7 MB of pixels: kept by mistake they would be 3.7 GB.
    const pictures = await Promise.all(
        ['rgb(220 30 30)', 'rgb(30 30 220)'].map((colour) => picture(browser, colour, { type: 'image/jpeg', width: 1280, height: 720 })),
    );
    let sent = 0;
    const show = async (count) => {
        const last = sent + count;
        while (sent < last) {
            send(pictures[sent % 2], { type: 'image/jpeg', time_us: server.now_us() });
            await acked(++sent);
        }
    };
    await show(150);
    const before = await memory();
    await show(1000);
    const grown = (await memory()) - before;
    assert.ok(grown < 150, `${Math.round(grown)} MB more than before`);
    await says(page, 'Live');
    assert.equal(await text(page, 'drops'), '0');
});
