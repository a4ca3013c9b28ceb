// The slider in Chromium before the real wsserve and render-slice: a volume of known values, whose
// slices along the last axis have one shade each.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { colours, says, until } from './browser.js';
import { folder, pipes, viewer } from './real_stage.js';

const SHAPE = [20, 30, 40];
const shade = (index) => 6 * index;

before(async () => {
    const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${SHAPE.join(', ')}), }`.padEnd(117) + '\n';
    const size = Buffer.alloc(2);
    size.writeUInt16LE(header.length);
    const voxels = Buffer.from(Array.from({ length: SHAPE[0] * SHAPE[1] * SHAPE[2] }, (_, i) => shade(i % SHAPE[2])));
    await writeFile(join(folder, 'steps.npy'), Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), size, Buffer.from(header), voxels]));
});

const rests = (page, axis, index) =>
    until(`axis ${axis} at ${index}`, () =>
        page.$eval(`.cell[data-axis="${axis}"]`, ({ dataset }, wanted) => dataset.index === wanted && dataset.quality === 'lossless', String(index)).catch(() => false),
    );
const middle = async (page) => (await colours(page, [0.52, 0.4]))[0];

test('the slider from one end to the other: the picture and the number are the last slice’s', async () => {
    const { url } = await pipes.start("wsserve --listen localhost:0 --respond 'render-slice steps.npy --range 0:255' </dev/null");
    const { page, complaints } = await viewer(url);
    await rests(page, 2, 20);
    await says(page, 'Ready');
    assert.equal(await page.title(), 'Ready – steps.npy');
    assert.deepEqual(await middle(page), Array(3).fill(shade(20)));
    const box = await page.locator('#slice-slider').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 2, box.y + box.height / 2, { steps: 20 });
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2, { steps: 50 });
    await page.mouse.up();
    await rests(page, 2, 39);
    assert.deepEqual(await middle(page), Array(3).fill(shade(39)));
    assert.equal(await page.inputValue('#slice-number'), '39');
    await page.keyboard.press('Home');
    await rests(page, 2, 0);
    assert.deepEqual(await middle(page), [0, 0, 0]);
    await page.click('#tone-invert');
    await until('white', async () => (await middle(page))[0] === 255);
    assert.deepEqual(complaints, []);
});

test('a click in a plane is the slice that is seen there', async () => {
    const { url } = await pipes.start("wsserve --listen localhost:0 --respond 'render-slice steps.npy --range 0:255' </dev/null");
    const { page, complaints } = await viewer(url);
    await page.click('#layout-planes');
    for (const [axis, index] of [[0, 10], [1, 15], [2, 20]]) await rests(page, axis, index);
    // Axis 0: rows are axis 1, columns axis 2, 30 x 40.
    const box = await page.locator('.cell[data-axis="0"] canvas').boundingBox();
    const scale = Math.min(box.width / 40, box.height / 30);
    await page.mouse.click(box.x + box.width / 2 + (11.5 - 20) * scale, box.y + box.height / 2 + (20.5 - 15) * scale);
    await rests(page, 2, 11);
    await rests(page, 1, 20);
    await rests(page, 0, 10);
    assert.deepEqual(complaints, []);
});

test('two viewers at once each end on their own slice', async () => {
    const { url } = await pipes.start("wsserve --listen localhost:0 --respond 'render-slice steps.npy --range 0:255' </dev/null");
    const [one, two] = await Promise.all([viewer(url), viewer(url)]);
    const goes = async ({ page }, key, index) => {
        for (let i = 0; i < 15; ++i) await page.keyboard.press(key);
        await rests(page, 2, index);
        assert.deepEqual(await middle(page), Array(3).fill(shade(index)));
    };
    await Promise.all([one, two].map(({ page }) => rests(page, 2, 20)));
    await Promise.all([goes(one, 'ArrowUp', 35), goes(two, 'ArrowDown', 5)]);
});

test('when render-slice ends, the page shows its slices again as soon as it is back', async () => {
    // The first request is the last one of that process.
    const { url } = await pipes.start(
        "wsserve --listen localhost:0 --respond 'if [ -e once ]; then exec render-slice steps.npy; fi; touch once; head -c 1 >/dev/null' </dev/null",
    );
    const { page } = await viewer(url);
    await page.waitForSelector('#ask', { state: 'visible' });
    await page.fill('#ask-text', 'go');
    await page.press('#ask-text', 'Enter');
    await rests(page, 2, 20);
    assert.ok(await page.isHidden('#ask'));
});
