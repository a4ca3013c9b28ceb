// The page in Chromium before a server that the test has in its hand.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { colours, launch, near, open, picture, says, until } from './browser.js';
import { MockServer, frame } from './mock_server.js';

const RED = [220, 30, 30];
const BLUE = [30, 30, 220];
const GROUND = [12, 14, 18]; // the page's dark background
const MIDDLE = [0.5, 0.5];

let browser, server, url, red, blue;
const viewers = [];

before(async () => {
    browser = await launch();
    red = await picture(browser, 'rgb(220 30 30)');
    blue = await picture(browser, 'rgb(30 30 220)');
});
after(() => browser.close());

beforeEach(async () => {
    server = new MockServer();
    url = await server.listen();
});
afterEach(async () => {
    await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
    await server.close();
});

/** Opens the viewer; `streams` are told to it when it connects, and then it waits for more. */
async function viewer(streams = [{ name: '', state: 'live' }], options = {}, path = '') {
    server.welcome = (peer) => peer.send(server.list(...streams));
    const before = server.peers.length;
    const opened = await open(browser, url + path, options);
    viewers.push(opened);
    await until('a WebSocket', () => server.peers.length > before && server.peer.last('ping'));
    return opened;
}

const send = (payload, header = {}) => server.peer.send(frame({ type: 'image/png', ...header }, payload));
const acked = (count) => until(`acknowledgement of ${count}`, () => server.peer.last('ack')?.ack === count);
const shows = (page, colour) => until(`a picture of ${colour}`, async () => (await colours(page, MIDDLE))[0].every((v, i) => Math.abs(v - colour[i]) < 24));
const text = (page, id) => page.textContent(`#${id}`);

test('waiting, live, idle and ended are said, and the picture stays', async () => {
    const { page, complaints } = await viewer([{ name: '', state: 'waiting' }]);
    await says(page, 'Waiting');
    assert.match(await text(page, 'message-title'), /Waiting for the first picture/);
    server.peer.send(server.list({ name: '', state: 'live' }));
    send(red);
    await says(page, 'Live');
    await shows(page, RED);
    assert.match(await page.title(), /Live/);
    server.peer.send(server.list({ name: '', state: 'idle' }));
    await says(page, 'Idle');
    server.peer.send(server.list({ name: '', state: 'ended' }));
    await says(page, 'Input ended');
    await shows(page, RED);
    assert.deepEqual(complaints, []);
});

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
        const age = await until('an age', async () => /^(\d+) ms$/.exec(await text(page, 'age')));
        assert.ok(Number(age[1]) >= 190, `an age of ${age[0]}`);
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
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
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

test('streams are chosen by mouse and by keyboard, and the address remembers', async () => {
    const streams = ['one', 'two', 'three'].map((name) => ({ name, state: 'live' }));
    const { page } = await viewer(streams);
    send(red, { stream: 'one' });
    await shows(page, RED);
    const subscribed = (name) => until(`a subscription to ${name}`, () => server.peer.last('subscribe')?.subscribe[0] === name);

    await page.click('#streams');
    await page.click('#stream-list li:nth-child(2)');
    await subscribed('two');
    await says(page, 'Waiting');
    await until('the address', () => page.url().endsWith('#two'));
    send(red, { stream: 'one' }); // it was on its way
    send(blue, { stream: 'two' });
    await shows(page, BLUE);
    await until('both acknowledged', () => ['one', 'two'].every((name) => server.peer.said.some(({ ack, stream }) => ack && stream === name)));

    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('n');
    await subscribed('three');
    await page.keyboard.press('ArrowRight');
    await subscribed('one');
    await page.keyboard.press('p');
    await subscribed('three');
    await page.keyboard.press('2');
    await subscribed('two');
    await page.focus('#streams');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await subscribed('one');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'streams');
});

test('the unnamed stream can be gone back to, and the address says no more than it must', async () => {
    const { page, complaints } = await viewer(['', 'b'].map((name) => ({ name, state: 'live' })), {}, '?fps=5&stream=b');
    await page.keyboard.press('n');
    await until('the subscription', () => server.peer.last('subscribe')?.subscribe[0] === '');
    await until('the address', () => page.url() === `${url}?fps=5`);
    await page.keyboard.press('n');
    await until('the address', () => page.url() === `${url}?fps=5#b`);
    assert.deepEqual(complaints, []);
});

test('the stream in the address is asked for, and waited for', async () => {
    const { page } = await viewer([], {}, '#a%20b');
    assert.equal(new URL(server.peer.url, url).searchParams.get('stream'), 'a b');
    await says(page, 'Waiting');
    assert.match(await text(page, 'message-hint'), /“a b” does not exist yet/);
    await viewer([], {}, '?stream=c');
    assert.equal(new URL(server.peer.url, url).searchParams.get('stream'), 'c');
});

test('a stream that appears later is taken when none was named', async () => {
    await viewer([]);
    server.peer.send(server.list({ name: 'late', state: 'live' }));
    await until('a subscription', () => server.peer.last('subscribe')?.subscribe[0] === 'late');
});

test('a pause freezes the picture and tells the server', async () => {
    const { page } = await viewer();
    send(red);
    await shows(page, RED);
    await page.keyboard.press(' ');
    await says(page, 'Paused');
    assert.equal(server.peer.last('pause').pause, true);
    send(blue);
    await acked(2);
    near((await colours(page, MIDDLE))[0], RED);
    await page.click('#pause');
    await says(page, 'Live');
    assert.equal(server.peer.last('pause').pause, false);
    send(blue);
    await shows(page, BLUE);
});

test('a lost connection comes back by itself, with the same stream, paused if it was', async () => {
    const { page } = await viewer([{ name: 'x', state: 'live' }]);
    send(red, { stream: 'x' });
    await shows(page, RED);
    await page.keyboard.press(' ');
    await says(page, 'Paused');
    server.peer.cut();
    await until('a second connection', () => server.peers.length === 2);
    assert.equal(new URL(server.peer.url, url).searchParams.get('stream'), 'x');
    await until('the pause', () => server.peer.last('pause')?.pause === true);
    await says(page, 'Paused');
    await page.keyboard.press(' ');
    send(blue, { stream: 'x' });
    await shows(page, BLUE);
    await acked(1); // counts begin anew
});

test('a refusal is told in the words of the server', async () => {
    server.refusal = { status: 401, text: 'this server wants a token\n' };
    const opened = await open(browser, url);
    viewers.push(opened);
    await until('the words', async () => (await text(opened.page, 'message-hint')) === 'this server wants a token');
    await says(opened.page, 'Reconnecting');
});

test('a server that plays dead is said not to answer', async () => {
    server.answering = false;
    const { page } = await viewer();
    send(red);
    await says(page, 'Live');
    await says(page, 'No answer');
    server.peer.send(server.list({ name: '', state: 'live' }));
    await says(page, 'Live');
});

test('a connection that died in the dark is replaced when somebody looks', async () => {
    server.answering = false;
    const { page } = await viewer();
    send(red);
    await says(page, 'Live');
    await says(page, 'No answer');
    server.answering = true;
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await until('a second connection', () => server.peers.length === 2);
    await says(page, 'Live');
    await shows(page, RED);
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

test('below a path of another server all is found, and the token is handed on', async () => {
    const { page, complaints } = await viewer(undefined, {}, 'below/?token=s3cret');
    assert.ok(server.peer.url.startsWith('/below/ws?'), server.peer.url);
    assert.equal(new URL(server.peer.url, url).searchParams.get('token'), 's3cret');
    send(red);
    await shows(page, RED);
    assert.deepEqual(complaints, []);
});

for (const [what, script] of [
    ['a canvas that cannot leave the page', () => delete HTMLCanvasElement.prototype.transferControlToOffscreen],
    ['workers that know no modules', () => (globalThis.Worker = class { constructor() { queueMicrotask(() => this.onerror(new Event('error'))); } terminate() {} })],
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

test('a page that nobody sees lets the server rest', async () => {
    const { page } = await viewer();
    const look = (hidden) =>
        page.evaluate((value) => {
            Object.defineProperty(document, 'hidden', { value, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }, hidden);
    await look(true);
    await until('the pause', () => server.peer.last('pause')?.pause === true);
    await look(false);
    await until('the end of the pause', () => server.peer.last('pause')?.pause === false);
    send(red);
    await shows(page, RED);
});

test('on a phone nothing is cut off, and a finger finds every button', async () => {
    const phone = { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
    const { page } = await viewer(['', 'a stream with quite a long name indeed'].map((name) => ({ name, state: 'live', drops: 12345 })), phone);
    send(red);
    await shows(page, RED);
    const sizes = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        outside: [...document.querySelectorAll('#bar *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5 && getComputedStyle(e).position !== 'absolute').length,
        buttons: [...document.querySelectorAll('button')].filter((e) => e.offsetParent).map((e) => [e.id, e.offsetWidth, e.offsetHeight]),
    }));
    assert.equal(sizes.scroll, 320);
    assert.equal(sizes.outside, 0);
    for (const [id, width, height] of sizes.buttons) assert.ok(width >= 40 && height >= 44, `${id}: ${width} x ${height}`);
    await page.tap('#pause');
    await says(page, 'Paused');
    await page.tap('#show-details');
    await page.waitForSelector('#facts dd');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
});

test('every control has a name, and help and full screen open by keyboard', async () => {
    const { page } = await viewer();
    send(red);
    await shows(page, RED);
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button')].filter((b) => !(b.getAttribute('aria-label') || b.textContent.trim())).map((b) => b.id));
    assert.deepEqual(nameless, []);
    await page.keyboard.press('?');
    assert.ok(await page.isVisible('#help'));
    await page.keyboard.press('Escape');
    assert.ok(await page.isHidden('#help'));
    await page.keyboard.press('f');
    await until('full screen', () => page.evaluate(() => document.fullscreenElement !== null && document.body.classList.contains('full')));
    await until('a bar that goes', () => page.evaluate(() => document.body.classList.contains('alone')));
    await page.keyboard.press('f');
    await until('the window again', () => page.evaluate(() => document.fullscreenElement === null));
});

test('the details show the way of the picture and its own data', async () => {
    const { page } = await viewer();
    await page.keyboard.press('i');
    const taken = server.now_us() - 50000;
    send(red, { time_us: taken, seq: 42, meta: { label: 'cat' }, stages: { encode: taken + 20000, capture: taken + 5000 } });
    await page.waitForSelector('#steps li');
    const steps = await page.$$eval('#steps li', (items) => items.map((item) => [...item.children].map((child) => child.textContent)));
    assert.deepEqual(steps.map(([name]) => name), ['capture', 'encode', 'received', 'shown']);
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
    const pictures = await Promise.all(['rgb(220 30 30)', 'rgb(30 30 220)'].map((colour) => picture(browser, colour, { type: 'image/jpeg', width: 1280, height: 720 })));
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
