// The page in Chromium before the real programs, as a stranger would start them.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { colours, near, picture, says, until } from './browser.js';
import { frame } from './mock_server.js';
import { browser, folder, pipes, viewer } from './real_stage.js';

/** The viewer's window is wider than 4:3; these points of the picture are at fractions of the stage. */
async function inPicture(page, x, y) {
    const { width, height } = await page.locator('#stage').boundingBox();
    const shown = (height * 4) / 3;
    return [((width - shown) / 2 + x * shown) / width, y];
}

/** The moving part of the picture and its number, as they are on the screen. */
async function strip(page) {
    const { x, y, width, height } = await page.locator('#stage').boundingBox();
    return page.screenshot({ clip: { x, y: y + height * 0.3, width, height: height * 0.6 } });
}

test('capture test: | wsserve shows the colour bars, moving, and not a word on the console', async () => {
    const { url } = await pipes.start('capture test: | wsserve --listen localhost:0');
    const { page, complaints } = await viewer(url);
    await says(page, 'Live');
    const bars = [
        [235, 235, 235],
        [235, 235, 16],
        [16, 235, 235],
        [16, 235, 16],
        [235, 16, 235],
        [235, 16, 16],
        [16, 16, 235],
        [40, 40, 40],
    ];
    const places = await Promise.all(bars.map((_, i) => inPicture(page, (i + 0.5) / 8, 0.15)));
    (await colours(page, ...places)).forEach((colour, i) => near(colour, bars[i], `bar ${i}`));
    const [outside] = await colours(page, [0.01, 0.15]);
    near(outside, [12, 14, 18], 'beside the picture');
    const before = await strip(page);
    await until('another picture', async () => !before.equals(await strip(page)));
    assert.equal(await page.textContent('#size'), '640 × 480');
    assert.match(await page.textContent('#bytes'), /^\d+ kB$/);
    await until('a rate', async () => parseFloat(await page.textContent('#fps')) > 0);
    assert.match(await page.textContent('#age'), /^\d+ ms$|^\d\.\d s$/);
    assert.deepEqual(complaints, []);
});

test('when the input ends the page says so, and late viewers see the last picture too', async () => {
    const { url } = await pipes.start('capture test: -n 5 | wsserve --listen localhost:0');
    for (const when of ['at once', 'later']) {
        const { page } = await viewer(url);
        await says(page, 'Input ended');
        await until(`the picture ${when}`, async () => (await colours(page, await inPicture(page, 5.5 / 8, 0.15)))[0][0] > 200);
    }
});

test('a server that was killed and started again is found by the page itself', async () => {
    const first = await pipes.start('capture test: | wsserve --listen localhost:0');
    const { page } = await viewer(first.url);
    await says(page, 'Live');
    await first.stop('SIGKILL');
    await says(page, 'Reconnecting');
    await pipes.start(`capture test: | wsserve --listen localhost:${first.port}`);
    await says(page, 'Live');
    const before = await strip(page);
    await until('another picture', async () => !before.equals(await strip(page)));
});

test('a pause holds the picture while the pipe goes on', async () => {
    const { url } = await pipes.start('capture test: | wsserve --listen localhost:0');
    const { page } = await viewer(url);
    await says(page, 'Live');
    await page.keyboard.press('Space');
    await says(page, 'Paused');
    const frames = async () => (await (await fetch(`${url}streams`)).json()).streams[0].frames;
    const before = await frames();
    const still = await strip(page);
    await until('ten more frames', async () => (await frames()) >= before + 10);
    assert.ok(still.equals(await strip(page)), 'the picture moved in the pause');
    await page.keyboard.press('Space');
    await says(page, 'Live');
    await until('another picture', async () => !still.equals(await strip(page)));
});

for (const type of ['png', 'jpeg', 'webp']) {
    test(`a ${type} file goes through untouched, and save gives its very bytes`, async () => {
        const bytes = await picture(browser, 'rgb(220 30 30)', { type: `image/${type}` });
        const ending = type === 'jpeg' ? 'jpg' : type;
        await writeFile(join(folder, `one.${ending}`), bytes);
        const { url } = await pipes.start(`capture one.${ending} | wsserve --listen localhost:0`);
        const { page } = await viewer(url);
        await says(page, 'Input ended');
        await until('the picture', async () => (await page.textContent('#size')) === '64 × 48');
        near((await colours(page, [0.5, 0.5]))[0], [220, 30, 30]);
        const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
        assert.match(
            download.suggestedFilename(),
            new RegExp(`^framepipe_\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d\\.\\d{3}\\.${ending}$`),
        );
        assert.deepEqual(await readFile(await download.path()), bytes);
    });
}

test('what --send-as gives to other viewers does not concern the page', async () => {
    const { url } = await pipes.start('capture test: | wsserve --listen localhost:0 --send-as raw');
    const { page } = await viewer(url);
    await says(page, 'Live');
    await until('the picture', async () => (await colours(page, await inPicture(page, 5.5 / 8, 0.15)))[0][0] > 200);
});

test('a page that waits shows the first picture when it comes, and then a line of text', async () => {
    const { url, stdin } = await pipes.start('cat | wsserve --listen localhost:0');
    const { page, complaints } = await viewer(url);
    await says(page, 'Waiting');
    const now = () => Date.now() * 1000;
    stdin.write(frame({ type: 'image/png', live: true, time_us: now() }, await picture(browser, 'rgb(30 30 220)')));
    await says(page, 'Live');
    await until('blue', async () => (await colours(page, [0.5, 0.5]))[0][2] > 200);
    stdin.write(frame({ type: 'text/plain', live: true, time_us: now() }, Buffer.from('¡Hola!\n')));
    await until('the text', async () => (await page.isVisible('#text')) && (await page.textContent('#text')) === '¡Hola!\n');
    assert.deepEqual(complaints, []);
});

test('two streams: each is shown when it is chosen, with its last picture', async () => {
    const { url, stdin } = await pipes.start('cat | wsserve --listen localhost:0');
    const show = async (stream, colour) => stdin.write(frame({ type: 'image/png', stream, live: true }, await picture(browser, colour)));
    await show('red', 'rgb(220 30 30)');
    await show('blue', 'rgb(30 30 220)');
    const { page } = await viewer(url);
    const is = (channel) => until(`colour ${channel}`, async () => (await colours(page, [0.5, 0.5]))[0][channel] > 200);
    await is(0);
    await page.keyboard.press('n');
    await is(2);
    assert.ok(page.url().endsWith('#blue'));
    await page.keyboard.press('1');
    await is(0);
    const late = await viewer(`${url}#blue`);
    await until('blue', async () => (await colours(late.page, [0.5, 0.5]))[0][2] > 200);
});

test('a token in the address of the page is enough, and without it the page says what is missing', async () => {
    const { url } = await pipes.start('capture test: | wsserve --listen localhost:0', { FRAMEPIPE_TOKEN: 's3cret' });
    const { page, complaints } = await viewer(`${url}?token=s3cret`);
    await says(page, 'Live');
    assert.deepEqual(complaints, []);
    const without = await viewer(url);
    await until('the reason', async () => /token/.test(await without.page.textContent('#message-hint')));
});
