// A volume behind a slider, in Chromium before a server that is in the test's hand: its slices have a
// colour each, so that the screen tells what stands on it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launch, open, says, until } from './browser.js';
import { MockServer } from './mock_server.js';
import { MockVolume, VOLUME, colour } from './mock_volume.js';

let browser, server, volume, url;
const viewers = [];

before(async () => (browser = await launch('--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader')));
after(() => browser.close());
beforeEach(async () => {
    server = new MockServer();
    volume = new MockVolume(server);
    url = await server.listen();
});
afterEach(async () => {
    await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
    await server.close();
});

/** Opens the viewer and waits for the first slice with every bit. */
async function viewer(options = {}, path = '') {
    const opened = await open(browser, url + path, options);
    viewers.push(opened);
    await rests(opened.page, 'axial', volume.volume.index);
    return opened;
}

/** The plane's picture is this slice with every bit, and so says its number. */
const rests = (page, axis, index) =>
    until(`${axis} ${index} at rest`, async () => {
        const [shown, quality] = await cell(page, axis);
        return shown === index && quality === 'lossless';
    });
const cell = (page, axis) =>
    page.$eval(`.cell[data-axis="${axis}"]`, ({ dataset }) => [Number(dataset.index), dataset.quality]).catch(() => []);

/** The colour that the screen has at a place of the plane's picture, given in fractions of its cell. */
async function screenColour(page, selector, x = 0.53, y = 0.3) {
    const box = await page.locator(selector).boundingBox();
    const shot = await page.screenshot({ clip: { x: Math.round(box.x + x * box.width), y: Math.round(box.y + y * box.height), width: 1, height: 1 } });
    return page.evaluate(async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type: 'image/png' }));
        const context = new OffscreenCanvas(1, 1).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }, [...shot]);
}
const sliceColour = (page, axis, at) => screenColour(page, `.cell[data-axis="${axis}"]`, ...(at ?? []));
const value = (page, id) => page.$eval(`#${id}`, (input) => Number(input.value));
const corner = (page, axis, at) => page.textContent(`.cell[data-axis="${axis}"] .corner-${at}`);
const asked = (what, condition) => until(`a request: ${what}`, () => volume.asked.find(condition));
/** Not what Chromium complains of when its software has to draw for WebGL. */
const ours = (words) => !/GPU stall due to ReadPixels/.test(words);
const middle = async (page, selector) => {
    const box = await page.locator(selector).boundingBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
};

test('the slider dragged from one end to the other ends on the right slice, with every bit', async () => {
    const { page, complaints } = await viewer();
    await says(page, 'Ready');
    assert.ok(await page.isHidden('#ask'));
    assert.ok(await page.isHidden('#message'));
    assert.deepEqual(await sliceColour(page, 'axial'), colour(VOLUME, 'axial', 30));
    const box = await page.locator('#slice-slider').boundingBox();
    const y = box.y + box.height / 2;
    volume.delay = 15;
    await page.mouse.move(box.x + 4, y);
    await page.mouse.down();
    const before = volume.asked.length;
    await page.mouse.move(box.x + box.width - 2, y, { steps: 60 });
    // The mouse still holds it; nothing is asked of it any more.
    await rests(page, 'axial', 59);
    await page.mouse.up();
    const drag = volume.asked.slice(before);
    assert.ok(drag.filter(({ as }) => as === 'image').length >= 3, 'pictures on the way');
    assert.deepEqual(drag.at(-1), { axis: 'axial', index: 59, as: 'lossless' });
    assert.equal(volume.most, 1, 'requests under way at once');
    assert.deepEqual(await sliceColour(page, 'axial'), colour(VOLUME, 'axial', 59));
    assert.equal(await value(page, 'slice-number'), 59);
    assert.equal(await corner(page, 'axial', 2), '59 / 59 · 177 mm');
    assert.match(page.url(), /^http/);
    assert.deepEqual(complaints, []);
});

test('the number under the picture is the picture’s, however late that is', async () => {
    const { page } = await viewer();
    volume.held = true;
    await page.keyboard.press('ArrowUp');
    await asked('31', ({ index }) => index === 31);
    for (let i = 0; i < 9; ++i) await page.keyboard.press('ArrowUp');
    await until('the slider at 40', async () => (await value(page, 'slice-slider')) === 40);
    assert.equal(await corner(page, 'axial', 2), '30 / 59 · 90 mm');
    assert.deepEqual(await sliceColour(page, 'axial'), colour(VOLUME, 'axial', 30));
    assert.equal(volume.most, 1);
    volume.release();
    await rests(page, 'axial', 40);
    assert.deepEqual([...new Set(volume.asked.map(({ index }) => index))], [30, 31, 40], 'what lay between was never asked for');
    assert.deepEqual(await sliceColour(page, 'axial'), colour(VOLUME, 'axial', 40));
});

test('wheel, keys and number box', async () => {
    const { page, complaints } = await viewer();
    const goes = async (action, index, axis = 'axial') => {
        await action();
        await rests(page, axis, index);
    };
    await page.mouse.move(...(await middle(page, '#volume-views')));
    await goes(() => page.mouse.wheel(0, 100), 31);
    await goes(() => page.mouse.wheel(0, -100), 30);
    await goes(() => page.keyboard.press('PageUp'), 40);
    await goes(() => page.keyboard.press('ArrowLeft'), 39);
    await goes(() => page.keyboard.press('Home'), 0);
    await goes(() => page.keyboard.press('ArrowDown').then(() => page.keyboard.press('End')), 59);
    await goes(() => page.fill('#slice-number', '17'), 17);
    await goes(() => page.fill('#slice-number', '4711'), 59);
    await page.press('#slice-number', 'Tab');
    assert.equal(await value(page, 'slice-number'), 59, 'a number beyond the end is the end');
    await page.evaluate(() => document.activeElement.blur());
    await goes(() => page.keyboard.press('2'), 50, 'coronal');
    assert.equal(await page.getAttribute('[data-axis="coronal"][aria-pressed]', 'aria-pressed'), 'true');
    assert.equal(await page.$eval('#slice-slider', ({ max }) => max), '99');
    await goes(() => page.click('#volume-axes [data-axis="sagittal"]'), 40, 'sagittal');
    assert.deepEqual(await sliceColour(page, 'sagittal'), colour(VOLUME, 'sagittal', 40));
    assert.ok(volume.asked.every(({ index }) => index >= 0 && index < 100));
    assert.deepEqual(complaints, []);
});

test('the space bar plays after a click on a button, and is the button’s who was come to by the keyboard', async () => {
    const { page } = await viewer();
    const label = () => page.getAttribute('#slice-play', 'aria-label');
    await page.click('#volume-axes [data-axis="coronal"]');
    await rests(page, 'coronal', 50);
    await page.keyboard.press(' ');
    assert.equal(await label(), 'Stop');
    await page.keyboard.press(' ');
    assert.equal(await label(), 'Play');
    await page.focus('#volume-axes [data-axis="sagittal"]');
    await page.keyboard.press(' ');
    assert.equal(await label(), 'Play');
    assert.equal(await page.getAttribute('[data-axis="sagittal"]', 'aria-pressed'), 'true');
});

test('play goes through the slices and around, never ahead of its pictures, and stops at rest', async () => {
    const { page } = await viewer();
    await page.keyboard.press('End');
    await rests(page, 'axial', 59);
    await page.selectOption('#slice-pace', '30');
    const before = volume.asked.length;
    await page.click('#slice-play');
    assert.equal(await page.getAttribute('#slice-play', 'aria-label'), 'Stop');
    await until('ten slices', () => volume.asked.length >= before + 10);
    await page.click('#slice-play');
    const last = await value(page, 'slice-number');
    await rests(page, 'axial', last);
    const played = volume.asked.slice(before);
    assert.deepEqual(played.slice(0, 10).map(({ index }) => index), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(played.slice(0, 10).every(({ as }) => as === 'image'));
    assert.equal(volume.most, 1);
});

test('the right button sets window and level, and the numbers do too', async () => {
    const { page, complaints } = await viewer();
    assert.equal(await corner(page, 'axial', 3), 'W 400 · L 40');
    assert.equal(await corner(page, 'axial', 1), '-1000 to 3000');
    const [x, y] = await middle(page, '#volume-views');
    await page.mouse.move(x, y);
    await page.mouse.down({ button: 'right' });
    await page.mouse.move(x + 160, y + 75, { steps: 8 });
    await page.mouse.up({ button: 'right' });
    await until('the window', async () => (await corner(page, 'axial', 3)) === 'W 800 · L 140');
    await rests(page, 'axial', 30);
    assert.deepEqual(volume.last, { axis: 'axial', index: 30, window: 800, level: 140, as: 'lossless' });
    assert.deepEqual([await value(page, 'tone-window'), await value(page, 'tone-level')], [800, 140]);
    await page.fill('#tone-window', '350');
    await asked('window 350', ({ window, as }) => window === 350 && as === 'lossless');
    await page.click('#tone-full');
    await until('the full range', async () => (await corner(page, 'axial', 3)) === 'W 4000 · L 1000');
    assert.equal(volume.last.range, 'full');
    assert.equal(volume.last.window, undefined);
    await page.click('#tone-invert');
    await asked('inverted', ({ invert }) => invert === true);
    await page.selectOption('#tone-colormap', 'hot');
    await asked('hot', ({ colormap, as }) => colormap === 'hot' && as === 'lossless');
    await page.click('#tone-reset');
    await until('as at first', () => JSON.stringify(volume.last) === '{"axis":"axial","index":30,"as":"lossless"}');
    assert.deepEqual(complaints, []);
});

test('three planes: a click in one moves the others, and the wheel pages the one below it', async () => {
    const { page, complaints } = await viewer();
    await page.click('#layout-planes');
    for (const [axis, index] of [['axial', 30], ['coronal', 50], ['sagittal', 40]]) {
        await rests(page, axis, index);
        assert.deepEqual(await sliceColour(page, axis, [0.55, 0.4]), colour(VOLUME, axis, index));
    }
    // A point of the axial picture: its frame is 80 x 100, in the middle of its cell.
    const box = await page.locator('.cell[data-axis="axial"] canvas').boundingBox();
    const scale = Math.min(box.width / 80, box.height / 100);
    await page.mouse.click(box.x + box.width / 2 - 19.5 * scale, box.y + box.height / 2 + 25.5 * scale);
    await rests(page, 'sagittal', 59); // x is flipped: a quarter from the left is three quarters of the axis
    await rests(page, 'coronal', 24);
    await rests(page, 'axial', 30);
    await page.mouse.move(...(await middle(page, '.cell[data-axis="coronal"]')));
    await page.mouse.wheel(0, 100);
    await rests(page, 'coronal', 25);
    assert.equal(await value(page, 'slice-number'), 25, 'the slider is about the plane that was paged');
    assert.equal(volume.most, 1);
    assert.deepEqual(complaints, []);
});

test('the view in space: three.js comes only then, slices stand at their places, and a drag turns it', async () => {
    const { page, complaints } = await viewer();
    assert.ok(!server.asked.some((path) => /three\/|space\.js/.test(path)), 'nothing of it was fetched before');
    await page.click('#layout-space');
    await page.waitForSelector('#volume-views > canvas');
    for (const [axis, index] of [['axial', 30], ['coronal', 50], ['sagittal', 40]]) await rests(page, axis, index);
    assert.equal(server.asked.filter((path) => path.startsWith('/three/')).length, 2);
    const picture = () => page.locator('#volume-views').screenshot();
    const shows = (axis, index) =>
        until(`${axis} ${index} in space`, async () => {
            const [r, g, b] = colour(VOLUME, axis, index);
            return page.evaluate(
                async ([bytes, wanted]) => {
                    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type: 'image/png' }));
                    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
                    context.drawImage(bitmap, 0, 0);
                    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
                    let found = 0;
                    for (let i = 0; i < data.length; i += 4) found += wanted.every((want, c) => Math.abs(data[i + c] - want) < 4);
                    return found > 1000;
                },
                [[...(await picture())], [r, g, b]],
            );
        });
    for (const [axis, index] of [['axial', 30], ['coronal', 50], ['sagittal', 40]]) await shows(axis, index);
    await page.keyboard.press('PageUp');
    await rests(page, 'axial', 40);
    await shows('axial', 40);
    assert.equal(await page.textContent('#space-where'), '40 / 59 · 120 mm');

    const still = await picture();
    const [x, y] = await middle(page, '#volume-views');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 80, y + 10, { steps: 4 });
    await page.mouse.up();
    await until('another view', async () => !still.equals(await picture()));
    const turned = await picture();
    await page.keyboard.press('Shift+ArrowLeft');
    await until('another view by key', async () => !turned.equals(await picture()));
    const before = await picture();
    await page.mouse.wheel(0, -300);
    await until('a nearer view', async () => !before.equals(await picture()));
    assert.equal(await value(page, 'slice-number'), 40, 'none of this is another slice');

    await page.click('#space-all');
    await until('one plane', async () => (await page.getAttribute('#space-all', 'aria-pressed')) === 'false');
    await page.click('#layout-slice');
    await until('no canvas in space', async () => (await page.$('#volume-views > canvas')) === null);
    assert.deepEqual(await sliceColour(page, 'axial'), colour(VOLUME, 'axial', 40));
    assert.deepEqual(complaints.filter(ours), []);
});

test('whoever enters and leaves the view in space again and again leaves nothing behind', async () => {
    const { page, complaints } = await viewer();
    for (let i = 0; i < 20; ++i) {
        // Chromium has room for 16 contexts, and complains of the next one.
        await page.click('#layout-space');
        await page.waitForSelector('#volume-views > canvas');
        await page.click(i % 2 === 0 ? '#layout-slice' : '#layout-planes');
        await until('no canvas in space', async () => (await page.$('#volume-views > canvas')) === null);
    }
    await page.click('#layout-space');
    await page.click('#layout-slice'); // before it came
    await rests(page, 'axial', 30);
    assert.equal(await page.$('#volume-views > canvas'), null);
    assert.deepEqual(complaints.filter(ours), []);
});

test('without WebGL the view in space says so, and the slice stays', async () => {
    const { page } = await viewer({ before: (page) => page.addInitScript(() => (WebGLRenderingContext = WebGL2RenderingContext = undefined)) });
    await page.evaluate(() => {
        const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
        };
    });
    await page.click('#layout-space');
    await until('the words', async () => /no WebGL/.test(await page.textContent('#volume-error')));
    assert.ok(await page.isVisible('.cell[data-axis="axial"]'));
    await page.keyboard.press('ArrowUp');
    await rests(page, 'axial', 31);
    assert.ok(await page.isHidden('#volume-error'));
});

test('an error of the server is said in words, and the next slice takes it away', async () => {
    const { page } = await viewer();
    volume.error = 'slice 31 cannot be read: input/output error';
    await page.keyboard.press('ArrowUp');
    await until('the words', async () => (await page.textContent('#volume-error')) === 'Slice 31 cannot be read: input/output error');
    assert.equal(await corner(page, 'axial', 2), '30 / 59 · 90 mm');
    assert.equal(await page.getAttribute('#volume-error', 'role'), 'alert');
    volume.error = null;
    await page.keyboard.press('ArrowUp');
    await rests(page, 'axial', 32);
    assert.ok(await page.isHidden('#volume-error'));
});

test('after a broken connection the current slice is asked for anew', async () => {
    const { page } = await viewer();
    volume.held = true;
    await page.keyboard.press('ArrowUp');
    await asked('31', ({ index }) => index === 31);
    server.peer.cut();
    volume.release();
    await until('another connection', () => server.peers.length === 2);
    await rests(page, 'axial', 31);
    await says(page, 'Ready');
    const count = volume.asked.length;
    server.peer.cut();
    await until('a third connection', () => server.peers.length === 3);
    await until('the slice once more', () => volume.asked.length > count);
    assert.equal(volume.last.index, 31);
});

test('another volume takes the place of the one before, and with none there is the text box', async () => {
    const { page, complaints } = await viewer();
    await page.keyboard.press('Home');
    await rests(page, 'axial', 0);
    server.peer.send({ ...server.list(), server: { version: '9.9', responds: true } }); // says nothing new
    volume.volume = { ...VOLUME, name: 'other.npy', planes: VOLUME.planes.map(({ letters: _, ...plane }, i) => ({ ...plane, axis: String(2 - i) })), axis: '2', index: 3 };
    server.describes = { volume: volume.volume };
    server.peer.send(server.list());
    await rests(page, '2', 3);
    assert.deepEqual(await page.$$eval('#volume-axes button', (all) => all.map(({ textContent }) => textContent)), ['Axis 2', 'Axis 1', 'Axis 0']);
    assert.equal(await page.title(), 'Ready – other.npy');
    assert.ok(!(await page.isVisible('.cell .letter:not(:empty)')), 'no orientation, no letters');
    server.describes = {};
    server.peer.send(server.list());
    await page.waitForSelector('#ask', { state: 'visible' });
    assert.ok(await page.isHidden('#volume'));
    server.describes = { volume: volume.volume };
    server.peer.send(server.list());
    await page.waitForSelector('#volume', { state: 'visible' });
    assert.ok(await page.isHidden('#ask'));
    await rests(page, '2', 3);
    assert.deepEqual(complaints, []);
});

test('a stream beside the volume has its own place, and rests while it is not seen', async () => {
    volume.streams = [{ name: 'cam', state: 'live' }];
    const { page } = await viewer();
    await until('a pause of the stream', () => server.peer.last('pause')?.pause === true);
    await page.click('#place-stream');
    await until('the stream to go on', () => server.peer.last('pause')?.pause === false);
    await says(page, 'Waiting');
    assert.ok(await page.isHidden('#volume'));
    assert.ok(await page.isHidden('#ask'));
    await page.click('#place-volume');
    await until('another pause', () => server.peer.last('pause')?.pause === true);
    await page.keyboard.press('ArrowUp');
    await rests(page, 'axial', 31);
    await page.goto(`${url}#cam`);
    await page.reload();
    await says(page, 'Waiting');
    assert.ok(await page.isHidden('#volume'), 'an address that names the stream shows it');
});

test('save gives the slice as it came, and the details tell what is known', async () => {
    const { page } = await viewer();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    assert.equal(saved.suggestedFilename(), 'head_axial-0030.png');
    assert.deepEqual((await readFile(await saved.path())).subarray(1, 4).toString(), 'PNG');
    await page.keyboard.press('i');
    const facts = await page.textContent('#facts');
    for (const words of ['head.nii.gz', '80 × 100 × 60', 'int16', '-1000 to 3000', '2 × 2 × 3 mm', 'Axial, 60 slices', 'I to S']) {
        assert.ok(facts.includes(words), `${words} in ${facts}`);
    }
    assert.ok((await page.textContent('#meta')).includes('"index": 30'));
    assert.ok(await page.isHidden('#steps-part'));
});

test('a phone: all is in reach, two fingers set window and level, one pages, a pinch comes nearer', async () => {
    const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
    const { page, complaints } = await viewer(phone);
    const inside = async (selector) => {
        const box = await page.locator(selector).boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.y >= 0 && box.y + box.height <= 844, `${selector}: ${JSON.stringify(box)}`);
    };
    for (const id of ['#slice-slider', '#slice-number', '#slice-play', '#tones-button', '#layout-space', '#volume-axes', '#full']) await inside(id);
    assert.ok(await page.isHidden('#tones'));
    await page.click('#tones-button');
    for (const id of ['#tone-window', '#tone-level', '#tone-colormap', '#tone-reset', '#slice-slider', '#full']) await inside(id);
    assert.ok((await page.locator('#volume-views').boundingBox()).height > 300);
    await page.click('#tones-button');

    const touch = await page.context().newCDPSession(page);
    const fingers = (type, ...points) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    const [x, y] = (await middle(page, '#volume-views')).map(Math.round);
    const drag = async (from, to) => {
        await fingers('touchStart', ...from);
        for (let step = 1; step <= 10; ++step) {
            await fingers('touchMove', ...from.map(([fx, fy], i) => [fx + ((to[i][0] - fx) * step) / 10, fy + ((to[i][1] - fy) * step) / 10]));
        }
        await fingers('touchEnd');
    };
    await drag([[x - 40, y], [x + 40, y]], [[x + 40, y + 30], [x + 120, y + 30]]);
    const tone = await asked('a window by two fingers', ({ window, as }) => window > 500 && as === 'lossless');
    assert.ok(tone.level > 40);
    assert.equal(tone.index, 30);
    await drag([[x, y - 40]], [[x, y + 40]]);
    await rests(page, 'axial', 40);
    const before = await sliceColour(page, 'axial', [0.02, 0.02]);
    assert.ok(before[0] < 20, 'beside the picture');
    await drag([[x - 20, y], [x + 20, y]], [[x - 120, y], [x + 120, y]]);
    await until('a nearer picture', async () => String(await sliceColour(page, 'axial', [0.02, 0.02])) === String(colour(VOLUME, 'axial', 40)));
    assert.deepEqual(complaints, []);
});

test('slow answers make the pictures of a drag smaller, and never that at rest', async () => {
    volume.delay = 120;
    volume.volume = { ...VOLUME, planes: VOLUME.planes.map((plane) => ({ ...plane, width: 800, height: 1000 })) };
    server.describes = { volume: volume.volume };
    const { page } = await viewer();
    const before = volume.asked.length;
    await page.click('#slice-play');
    const widths = () => volume.asked.slice(before).filter(({ as }) => as === 'image').map(({ size }) => size[0]);
    await until('smaller pictures', () => widths().length >= 4);
    await page.click('#slice-play');
    const [first] = widths();
    assert.ok(widths().at(-1) <= first / 2 + 1, `${widths()}`);
    await rests(page, 'axial', await value(page, 'slice-number'));
    assert.equal(volume.last.size, undefined);
});
