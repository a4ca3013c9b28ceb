// The page: its states, streams, keys and sizes, and a connection that fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { colours, near, open, picture, says, until } from './browser.js';
import { BLUE, MIDDLE, RED, acked, blue, browser, red, send, server, shows, text, url, viewer, viewers } from './stage.js';

test('waiting, live, idle, failed and ended are said, and the picture stays', async () => {
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
    server.peer.send(server.list({ name: '', state: 'failed', error: 'no camera\nexit code 1' }));
    await says(page, 'Failed');
    server.peer.send(server.list({ name: '', state: 'ended' }));
    await says(page, 'Input ended');
    await shows(page, RED);
    assert.deepEqual(complaints, []);
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
    await until('both acknowledged', () =>
        ['one', 'two'].every((name) => server.peer.said.some(({ ack, stream }) => ack && stream === name)),
    );

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
    const { page, complaints } = await viewer(
        ['', 'b'].map((name) => ({ name, state: 'live' })),
        {},
        '?fps=5&stream=b',
    );
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
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await until('a second connection', () => server.peers.length === 2, 15000); // not the 30 s of a link that nobody looks at
    server.answering = true;
    await says(page, 'Live');
    await shows(page, RED);
});

test('below a path of another server all is found, and the token is handed on', async () => {
    const { page, complaints } = await viewer(undefined, {}, 'below/?token=s3cret');
    assert.ok(server.peer.url.startsWith('/below/ws?'), server.peer.url);
    assert.equal(new URL(server.peer.url, url).searchParams.get('token'), 's3cret');
    send(red);
    await shows(page, RED);
    assert.deepEqual(complaints, []);
});

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
    const { page } = await viewer(
        ['', 'a stream with quite a long name indeed'].map((name) => ({ name, state: 'live', drops: 12345 })),
        phone,
    );
    send(red);
    await shows(page, RED);
    const sizes = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        outside: [...document.querySelectorAll('#bar *')].filter(
            (e) => e.getBoundingClientRect().right > innerWidth + 0.5 && getComputedStyle(e).position !== 'absolute',
        ).length,
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
    const nameless = await page.evaluate(() =>
        [...document.querySelectorAll('button')].filter((b) => !(b.getAttribute('aria-label') || b.textContent.trim())).map((b) => b.id),
    );
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
