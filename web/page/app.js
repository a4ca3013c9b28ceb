// The page: starts the engine, shows what it reports, and passes on what the person wants.

import { Bar } from './bar.js';
import { Details } from './details.js';
import { element } from './element.js';
import { listenToKeys } from './keys.js';
import { Menu } from './menu.js';
import { statusOf, streamTitle } from './words.js';

/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */
/** @typedef {import('../messages').View} View */

const ALONE_AFTER = 2500;
const NOTICE_FOR = 4000;
const HIDE_AFTER = 3000;

const picture = element('picture', HTMLCanvasElement);
const text = element('text', HTMLPreElement);
const help = element('help', HTMLDialogElement);
const notice = element('notice', HTMLParagraphElement);
const bar = new Bar();
const details = new Details();
const menu = new Menu((name) => send({ order: 'stream', name }));

/** @type {(order: Order) => void} */
let send = () => {};

// ---- What the engine reports

/** @param {Report} report */
function hear(report) {
    switch (report.report) {
        case 'view':
            show(report.view);
            break;
        case 'text':
            text.textContent = report.text;
            text.classList.toggle('error', report.error);
            break;
        case 'details':
            details.show(report.header, report.steps, report.rate);
            break;
        case 'saved':
            download(report.blob, report.name);
            break;
        case 'notice':
            say(report.text);
            break;
    }
}

/** @param {View} next */
function show(next) {
    const status = statusOf(next);
    bar.show(next, status);
    menu.show(next.streams, next.stream);
    if (next.named && next.stream !== null && next.stream !== streamInAddress()) {
        history.replaceState(null, '', `#${encodeURIComponent(next.stream)}`);
    }
    text.hidden = next.kind !== 'text';
    const name = next.stream ? streamTitle(next.stream) : 'framepipe';
    document.title = `${status.label} – ${name}`;
    document.body.dataset['code'] = status.code;
    document.body.classList.toggle('away', status.code === 'reconnecting');
    picture.setAttribute('aria-label', next.kind === 'picture' ? `Picture of ${name}, ${next.width} by ${next.height} pixels` : 'No picture yet');

    const away = status.code === 'reconnecting';
    const other = next.kind === 'other' && !away;
    const message = element('message', HTMLElement);
    message.hidden = !away && !other && next.kind !== 'none';
    message.classList.toggle('over', next.kind === 'picture' || next.kind === 'text');
    const still = other || ['ended', 'paused', 'idle', 'damaged'].includes(status.code);
    document.querySelector('.mark')?.classList.toggle('still', still);
    element('message-title', HTMLElement).textContent = other ? `This is ${next.type}` : status.title;
    element('message-hint', HTMLElement).textContent = other ? 'It cannot be shown here. It can be saved.' : status.hint;
    element('retry', HTMLElement).hidden = next.link !== 'lost' || next.retryIn < 1000;
    element('version', HTMLElement).textContent = next.version;
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(`Saved ${name}`);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeTimer;

/** @param {string} words */
function say(words) {
    notice.textContent = words;
    notice.hidden = false;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => (notice.hidden = true), NOTICE_FOR);
}

// ---- What the person wants

const actions = {
    pause: () => send({ order: 'pause' }),
    save: () => send({ order: 'save' }),
    full: () => void toggleFullScreen(),
    details: () => {
        bar.expand('show-details', details.toggle());
        send({ order: 'details', on: details.open });
    },
    help: () => (help.open ? help.close() : help.showModal()),
    stream: (/** @type {number} */ by) => send({ order: 'step', by }),
    place: (/** @type {number} */ place) => send({ order: 'place', place }),
};

async function toggleFullScreen() {
    try {
        await (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
    } catch {
        say('This browser does not allow full screen here');
    }
}

for (const [id, action] of Object.entries({
    pause: actions.pause,
    save: actions.save,
    full: actions.full,
    'show-details': actions.details,
    'details-close': actions.details,
    'show-help': actions.help,
    'help-close': actions.help,
    retry: () => send({ order: 'wake' }),
})) {
    element(id, HTMLElement).addEventListener('click', action);
}
picture.addEventListener('dblclick', actions.full);
help.addEventListener('click', (event) => event.target === help && help.close());
element('full', HTMLElement).hidden = !document.fullscreenEnabled;
listenToKeys(actions);

// ---- Full screen: the bar goes when nobody moves

/** @type {ReturnType<typeof setTimeout> | undefined} */
let aloneTimer;

function stir() {
    document.body.classList.remove('alone');
    clearTimeout(aloneTimer);
    if (document.fullscreenElement) {
        aloneTimer = setTimeout(() => document.body.classList.toggle('alone', !help.open && !menu.open && !details.open), ALONE_AFTER);
    }
}

for (const event of ['pointermove', 'pointerdown', 'keydown', 'focusin']) {
    addEventListener(event, stir, { passive: true });
}
document.addEventListener('fullscreenchange', () => {
    const full = document.fullscreenElement !== null;
    document.body.classList.toggle('full', full);
    bar.full(full);
    stir();
});

// ---- The engine

/** The room for the picture, in device pixels. */
const room = { width: 0, height: 0 };

/** @param {ResizeObserverSize | undefined} [exact] what the browser counted, where it does */
function measure(exact) {
    // The exact number differs from ours by rounding; a browser that only plays a fine screen counts coarse pixels.
    const best = (/** @type {number} */ own, /** @type {number | undefined} */ told) => (told !== undefined && Math.abs(told - own) < 2 ? told : Math.round(own));
    room.width = best(picture.clientWidth * devicePixelRatio, exact?.inlineSize);
    room.height = best(picture.clientHeight * devicePixelRatio, exact?.blockSize);
}

const observer = new ResizeObserver((entries) => {
    measure(entries.at(-1)?.devicePixelContentBoxSize?.[0]);
    send({ order: 'size', ...room });
});
try {
    observer.observe(picture, { box: 'device-pixel-content-box' });
} catch {
    observer.observe(picture);
}

function address() {
    const here = new URLSearchParams(location.search);
    const url = new URL('ws', document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    for (const key of ['token', 'fps']) {
        const value = here.get(key);
        if (value !== null) {
            url.searchParams.set(key, value);
        }
    }
    return url.href;
}

/** @returns {string | null} the stream that the page's address names */
function streamInAddress() {
    if (location.hash !== '') {
        try {
            return decodeURIComponent(location.hash.slice(1));
        } catch {
            return location.hash.slice(1);
        }
    }
    return new URLSearchParams(location.search).get('stream');
}

/** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
function start(canvas) {
    if (room.width === 0) {
        measure();
    }
    /** @type {Order} */
    const order = { order: 'start', canvas, url: address(), stream: streamInAddress(), ...room };
    if (document.hidden) {
        send({ order: 'hide', on: true });
    }
    send(order);
}

async function startHere() {
    const { Engine } = await import('./engine.js');
    const engine = new Engine(hear);
    send = (order) => engine.obey(order);
    start(picture);
}

function startInWorker() {
    const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    let ready = false;
    worker.onmessage = (event) => {
        if (event.data.report === 'ready') {
            ready = true;
            send = (order) => worker.postMessage(order, order.order === 'start' ? [/** @type {OffscreenCanvas} */ (order.canvas)] : []);
            start(picture.transferControlToOffscreen());
        } else {
            hear(event.data);
        }
    };
    worker.onerror = (event) => {
        if (!ready) {
            // The browser has workers, but none made of modules.
            event.preventDefault();
            worker.terminate();
            void startHere();
        }
    };
}

if (typeof picture.transferControlToOffscreen === 'function') {
    startInWorker();
} else {
    void startHere();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hideTimer;
document.addEventListener('visibilitychange', () => {
    clearTimeout(hideTimer);
    if (document.hidden) {
        hideTimer = setTimeout(() => send({ order: 'hide', on: true }), HIDE_AFTER);
    } else {
        send({ order: 'hide', on: false });
        send({ order: 'wake' });
    }
});
addEventListener('online', () => send({ order: 'wake' }));
addEventListener('pageshow', () => send({ order: 'wake' }));
addEventListener('hashchange', () => {
    const name = streamInAddress();
    if (name !== null) {
        send({ order: 'stream', name });
    }
});
