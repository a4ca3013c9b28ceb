// The chart of the numbers that come with a stream, in Chromium.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { says, until } from './browser.js';
import { BLUE, RED, acked, blue, red, send, server, shows, text, viewer } from './stage.js';

const FIRST = [79, 209, 197]; // the first line's colour on a dark page, the second's, and the first's on a light one
const SECOND = [245, 185, 74];
const FIRST_LIGHT = [11, 127, 117];

const say = (words, header = {}) => send(Buffer.from(words), { type: 'text/plain', ...header });

/** Where pixels of a colour are in the chart: the box about them as fractions of its sides, and how many. */
async function ink(page, colour) {
    const shot = (await page.locator('#chart-canvas').screenshot({ animations: 'disabled' })).toString('base64');
    return page.evaluate(
        async ([png, wanted]) => {
            const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
            const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
            const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
            context.drawImage(bitmap, 0, 0);
            const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
            const found = { count: 0, left: 1, right: 0, top: 1, bottom: 0 };
            for (let at = 0; at < data.length; at += 4) {
                if (wanted.every((value, i) => Math.abs(data[at + i] - value) < 30)) {
                    const x = ((at / 4) % width) / width;
                    const y = Math.floor(at / 4 / width) / height;
                    found.count += 1;
                    found.left = Math.min(found.left, x);
                    found.right = Math.max(found.right, x);
                    found.top = Math.min(found.top, y);
                    found.bottom = Math.max(found.bottom, y);
                }
            }
            return found;
        },
        [shot, colour],
    );
}

const drawn = (page, what, condition, colour = FIRST) => until(what, async () => condition(await ink(page, colour)));

test('a list beside pictures is a line of its values, and the picture stays', async () => {
    const { page, complaints } = await viewer([{ name: 'img=sq', state: 'live' }]);
    send(red, { stream: 'img=sq' });
    await shows(page, RED);
    assert.ok(await page.isHidden('#chart'));
    assert.ok(await page.isHidden('#show-chart'));
    say('a1=sq=[0,0,0,0,10,10,10,10]', { stream: 'img=sq' });
    await page.waitForSelector('#chart');
    await drawn(page, 'a line', ({ count, left, right }) => count > 300 && left < 0.2 && right > 0.9);
    await until('a legend', async () => (await text(page, 'chart-legend')) === 'a1=sq8 values');
    for (let n = 0; n < 10; ++n) {
        send(n % 2 ? red : blue, { stream: 'img=sq' });
        say(`a1=sq=[${n},5,5,5,5,5,5,5]`, { stream: 'img=sq' });
    }
    await acked(22);
    await shows(page, RED);
    assert.ok(await page.isHidden('#text'));
    say('a1=sq=[7,7,7]', { stream: 'img=sq' }); // the one before is gone: a level line
    await drawn(page, 'a level line', ({ count, top, bottom }) => count > 100 && bottom - top < 0.05 && top > 0.2 && bottom < 0.8);
    await says(page, 'Live');
    assert.deepEqual(complaints, []);
});

test('single numbers are traces over time, each key a line of its own', async () => {
    const { page } = await viewer();
    send(red);
    await shows(page, RED);
    const start = server.now_us();
    for (let n = 0; n <= 20; ++n) {
        say(`temp=${n}`, { time_us: start + n * 500000 });
        say(`hum=${20 - n}`, { time_us: start + n * 500000 });
    }
    const across = ({ count, left, right, top, bottom }) => count > 200 && left < 0.2 && right > 0.9 && bottom - top > 0.5;
    await drawn(page, 'one line', across, FIRST);
    await drawn(page, 'the other', across, SECOND);
    await until('the values', async () => (await text(page, 'chart-legend')) === 'temp20hum0');
    say('{"temp":5,"wave":[1,2,3]}', { type: 'application/json', time_us: start + 10.5e6 });
    await until('the values', async () => (await text(page, 'chart-legend')) === 'wave3 valuestemp5hum0');
    await shows(page, RED);
});

test('without a picture the chart has the stage, and other words are words as ever', async () => {
    const { page, complaints } = await viewer();
    say('just words');
    await until('the words', async () => (await text(page, 'text')) === 'just words');
    assert.ok(await page.isHidden('#chart'));
    say('[1,5,2,8]');
    await page.waitForSelector('#chart');
    const stage = await page.locator('#stage').boundingBox();
    assert.deepEqual(await page.locator('#chart').boundingBox(), stage);
    await drawn(page, 'a line', ({ count, bottom, top }) => count > 500 && bottom - top > 0.5);
    await page.keyboard.press('c');
    assert.ok(await page.isHidden('#chart'));
    assert.equal(await text(page, 'text'), '[1,5,2,8]');
    assert.ok(await page.isVisible('#text'));
    say('[2,3]');
    await acked(3);
    assert.ok(await page.isHidden('#chart')); // put away, it stays away
    await page.click('#show-chart');
    await drawn(page, 'a line', ({ count }) => count > 500);
    await page.click('#chart-close');
    assert.ok(await page.isHidden('#chart'));
    await page.keyboard.press('c');
    send(red);
    await shows(page, RED); // the chart makes room
    assert.ok((await page.locator('#chart').boundingBox()).width < stage.width / 2);
    assert.deepEqual(complaints, []);
});

test('another stream has another chart, and the grid none', async () => {
    const { page } = await viewer(['a', 'b'].map((name) => ({ name, state: 'live' })));
    send(red, { stream: 'a' });
    await shows(page, RED);
    say('x=[1,2]', { stream: 'a' });
    await page.waitForSelector('#chart');
    await page.keyboard.press('n');
    await page.waitForSelector('#chart', { state: 'hidden' });
    send(blue, { stream: 'b' });
    await shows(page, BLUE);
    say('y=[3,4,5]', { stream: 'b' });
    await until('a legend', async () => (await text(page, 'chart-legend')) === 'y3 values');
    await page.keyboard.press('g');
    await page.waitForSelector('#grid');
    assert.ok(await page.isHidden('#chart'));
    assert.ok(await page.isHidden('#show-chart'));
});

test('it is sharp, and of the page’s colours, by day and by night and on a phone', async () => {
    const { page } = await viewer(undefined, { deviceScaleFactor: 2, viewport: { width: 390, height: 844 }, colorScheme: 'light' });
    send(red);
    await shows(page, RED);
    say('[0,1,0,1]');
    await drawn(page, 'a line', ({ count }) => count > 100, FIRST_LIGHT);
    assert.ok(
        await page.evaluate(() => {
            const canvas = document.querySelector('#chart-canvas');
            return Math.abs(canvas.width - 2 * canvas.clientWidth) <= 1 && Math.abs(canvas.height - 2 * canvas.clientHeight) <= 1;
        }),
    );
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    const card = await page.locator('#chart').boundingBox();
    const canvas = await page.locator('#picture').boundingBox();
    assert.ok(canvas.y + canvas.height <= card.y, 'the picture stands above the chart');
    assert.ok(canvas.height > 300);
    await page.click('#chart-close');
    await until('the picture has the room again', async () => (await page.locator('#picture').boundingBox()).height > 600);
    await page.click('#show-chart');
    await page.emulateMedia({ colorScheme: 'dark' });
    await drawn(page, 'the other colour', ({ count }) => count > 100, FIRST);
    await page.setViewportSize({ width: 844, height: 390 });
    await drawn(page, 'a line', ({ count }) => count > 100, FIRST);
    const { y, height } = await page.locator('#chart').boundingBox();
    assert.ok(y >= 0 && y + height <= 390);
});

test('numbers that come flat out are drawn at most once a frame of the screen', async () => {
    const { page } = await viewer(undefined, {
        before: (page) =>
            page.addInitScript(() => {
                window.draws = window.frames_ = 0;
                const clear = CanvasRenderingContext2D.prototype.clearRect;
                CanvasRenderingContext2D.prototype.clearRect = function (...box) {
                    ++window.draws;
                    return clear.apply(this, box);
                };
                const count = () => requestAnimationFrame(() => (++window.frames_, count()));
                count();
            }),
    });
    send(red);
    await shows(page, RED);
    say('n=0');
    await page.waitForSelector('#chart');
    const before = await page.evaluate(() => ({ draws: window.draws, frames: window.frames_ }));
    for (let n = 1; n <= 3000; ++n) say(`n=${n}`);
    await acked(3002);
    await until('the last value', async () => (await text(page, 'chart-legend')) === 'n3000');
    const after = await page.evaluate(() => ({ draws: window.draws, frames: window.frames_ }));
    assert.ok(after.draws > before.draws);
    assert.ok(after.draws - before.draws <= after.frames - before.frames + 2, JSON.stringify({ before, after }));
});
