// Chromium for the tests, and what they look for in it.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const FLAGS = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export function launch(...flags) {
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...FLAGS, ...flags] });
}

/**
 * Opens the viewer in a window of its own. `complaints` collects each word on the console, each
 * failed request and each request to another host.
 */
export async function open(browser, url, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, colorScheme: 'dark', ...options });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error}`));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
    page.on('request', (request) => {
        if (!request.url().startsWith('blob:') && new URL(request.url()).host !== new URL(url).host) {
            complaints.push(`another host: ${request.url()}`);
        }
    });
    await options.before?.(page);
    await page.goto(url);
    return { page, complaints, close: () => context.close() };
}

/** Waits until the bar says this. */
export async function says(page, label) {
    let said = '';
    try {
        await until('words', async () => (said = await page.textContent('#status-label')) === label);
    } catch {
        assert.fail(`the page says “${said}”, not “${label}”`);
    }
}

/** Waits for something to become true, on our side. */
export async function until(what, condition, limit = 30000) {
    const end = Date.now() + limit;
    for (;;) {
        const value = await condition();
        if (value) return value;
        assert.ok(Date.now() < end, `${what}: not within ${limit / 1000} s`);
        await new Promise((done) => setTimeout(done, 5));
    }
}

/** The colours of some points of the screen, as [r, g, b]. Points are fractions of the picture's room. */
export function colours(page, ...points) {
    return coloursOf(page, '#stage', ...points);
}

/** The colours of some points of an element, as [r, g, b]. Points are fractions of its sides. */
export async function coloursOf(page, selector, ...points) {
    const shot = (await page.locator(selector).screenshot({ animations: 'disabled' })).toString('base64');
    return page.evaluate(
        async ([png, places]) => {
            const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
            const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
            const context = canvas.getContext('2d', { willReadFrequently: true });
            context.drawImage(bitmap, 0, 0);
            return places.map(([x, y]) => [
                ...context.getImageData(Math.floor(x * (bitmap.width - 1)), Math.floor(y * (bitmap.height - 1)), 1, 1).data.slice(0, 3),
            ]);
        },
        [shot, points],
    );
}

/** A colour is that one, within what JPEG does to it. */
export function near(colour, expected, what = 'colour') {
    assert.ok(
        colour.every((value, i) => Math.abs(value - expected[i]) <= 24),
        `${what} is ${colour}, not ${expected}`,
    );
}

/** A picture of one colour, made in the browser that will show it. */
export async function picture(browser, colour, { type = 'image/png', width = 64, height = 48 } = {}) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const bytes = await page.evaluate(
        async ([fill, mime, w, h]) => {
            const canvas = new OffscreenCanvas(w, h);
            const draw = canvas.getContext('2d');
            draw.fillStyle = fill;
            draw.fillRect(0, 0, w, h);
            const blob = await canvas.convertToBlob({ type: mime });
            return [...new Uint8Array(await blob.arrayBuffer())];
        },
        [colour, type, width, height],
    );
    await context.close();
    return Buffer.from(bytes);
}
