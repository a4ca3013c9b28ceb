// The page: shows what the engine reports, and passes on what the person wants.

import { gridInAddress, putGridInAddress, putStreamInAddress, socketAddress, streamInAddress } from './address.js';
import { Answer } from './answer.js';
import { Bar } from './bar.js';
import { Chart } from './chart.js';
import { Details } from './details.js';
import { element } from './element.js';
import { Grid } from './grid.js';
import { Host } from './host.js';
import { listenToKeys } from './keys.js';
import { Menu } from './menu.js';
import { statusOf, streamTitle } from './words.js';

/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */
/** @typedef {import('../messages').View} View */
/** @typedef {import('../messages').Volume} Volume */
/** @typedef {import('./volume/view.js').VolumeView} VolumeView */

const ALONE_AFTER = 2500;
const NOTICE_FOR = 4000;

const picture = element('picture', HTMLCanvasElement);
const text = element('text', HTMLPreElement);
const help = element('help', HTMLDialogElement);
const notice = element('notice', HTMLParagraphElement);
const bar = new Bar();
const details = new Details();
const menu = new Menu(choose);
const grid = new Grid(send, choose);
const chart = new Chart(() => latest && show(latest));
const answer = new Answer(
    (text) => send({ order: 'ask', text }),
    () => latest && show(latest),
);

/** What was shown last. @type {View | null} */
let latest = null;

/** What the server cuts slices of, and the view of it, which is fetched when it is needed. */
let volume = /** @type {Volume | null} */ (null);
let volumeView = /** @type {VolumeView | null} */ (null);

/** The stream that the page's address names. */
let remembered = streamInAddress();

/** Of a stream and a volume, the one that is looked at. @type {'stream' | 'volume'} */
let place = remembered === null && !gridInAddress() ? 'volume' : 'stream';

/** The grid is what the stream that is shown was opened from, and what Escape returns to. */
let fromGrid = false;
const host = new Host(picture, socketAddress(), { stream: remembered, grid: gridInAddress() }, hear);

/** @param {Order} order */
function send(order) {
    host.send(order);
}

/** @param {string} name of a stream to be shown alone */
function choose(name) {
    fromGrid ||= gridded();
    send({ order: 'stream', name });
}

addEventListener('hashchange', () => {
    remembered = streamInAddress();
    if (remembered !== null) {
        send({ order: 'stream', name: remembered });
    }
});

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
            if (!covered()) {
                details.show(report.header, report.steps, report.rate);
            }
            break;
        case 'saved':
            download(report.blob, report.name);
            break;
        case 'numbers':
            if (report.stream === latest?.stream && !latest.tiles) {
                chart.put(report.stream, report.samples);
            }
            break;
        case 'answer':
            answer.put(report.answer);
            break;
        case 'volume':
            void follow(report.volume);
            break;
        case 'slice':
            volumeView?.hear(report.slice);
            break;
        case 'notice':
            say(report.text);
            break;
    }
}

/** @param {Volume | null} next */
async function follow(next) {
    volume = next;
    if (next && !volumeView) {
        try {
            const { VolumeView } = await import('./volume/view.js');
            volumeView ??= new VolumeView((question) => send({ order: 'slice', ...question }), showVolume);
        } catch {
            say('The view of the volume could not be loaded. Load the page again.');
            return;
        }
    }
    if (volume === next) {
        volumeView?.follow(next);
        if (latest) {
            show(latest);
        }
    }
}

/** The volume is what the stage shows, though there may be a stream behind it. */
function covered() {
    return volume !== null && volumeView !== null && (place === 'volume' || latest?.streams.length === 0);
}

/** All streams are what the stage shows. */
function gridded() {
    return latest !== null && latest.tiles !== null && !covered();
}

/** Another slice stands there. */
function showVolume() {
    if (latest && covered()) {
        showBar(latest);
        if (details.open) {
            details.tell(volumeView?.facts ?? [], volumeView?.shown?.header.meta);
        }
    }
}

/**
 * What the bar says of a volume: its slice is the picture, and no stream is concerned.
 * @param {View} view
 * @returns {View}
 */
function withoutStream(view) {
    const shown = volumeView?.shown;
    return {
        ...view,
        streams: [],
        stream: null,
        named: false,
        tiles: null,
        paused: false,
        kind: 'none',
        ...(shown && { width: shown.width, height: shown.height, bytes: shown.blob.size }),
        fps: 0,
        age: NaN,
        drops: 0,
        bad: 0,
    };
}

/**
 * @param {View} next
 * @returns {import('./words.js').Status}
 */
function showBar(next) {
    if (!covered()) {
        const status = statusOf(next);
        bar.show(next, status, next.kind === 'none' && answer.file !== null);
        return status;
    }
    const view = withoutStream(next);
    const status = statusOf(view);
    bar.show({ ...view, kind: volumeView?.shown ? 'picture' : 'none' }, status, false);
    return status;
}

/** @param {View} next */
function show(next) {
    const before = latest;
    latest = next;
    const cover = covered();
    const tiled = gridded();
    send({ order: 'cover', on: cover });
    answer.show(next.responds && volume === null, next.asking, next.kind !== 'none');
    if (next.responds && !before?.responds && volume === null && next.streams.length === 0) {
        answer.invite(); // there is nothing to do here but to type
    }
    const status = showBar(next);
    const away = status.code === 'reconnecting';
    volumeView?.link(next.link === 'open');
    volumeView?.show(cover);
    menu.show(cover ? [] : next.streams, cover || tiled ? null : next.stream);
    showPlaces(cover, next.streams.length > 0);
    showGrid(before, next, tiled);
    chart.show(cover || tiled ? null : next.stream, next.kind === 'picture' || answer.open);
    showChart();
    const name = cover ? (volume?.name ?? '') : next.stream && !tiled ? streamTitle(next.stream) : 'framepipe';
    document.title = `${status.label} – ${name}`;
    document.body.dataset['code'] = status.code;
    document.body.classList.toggle('away', away);
    text.hidden = next.kind !== 'text' || cover;
    picture.setAttribute(
        'aria-label',
        next.kind === 'picture' ? `Picture of ${name}, ${next.width} by ${next.height} pixels` : 'No picture yet',
    );
    picture.hidden = cover || tiled;

    const beside = next.kind !== 'none' || cover || (tiled && next.streams.length > 0);
    const other = next.kind === 'other' && !away && !cover;
    const message = element('message', HTMLElement);
    message.hidden = !away && !other && (beside || answer.open);
    message.classList.toggle('over', next.kind === 'picture' || next.kind === 'text' || answer.open || cover || (tiled && next.streams.length > 0));
    const still = other || ['ready', 'ended', 'paused', 'idle', 'damaged', 'failed'].includes(status.code);
    document.querySelector('.mark')?.classList.toggle('still', still);
    element('message-title', HTMLElement).textContent = other ? `This is ${next.type}` : status.title;
    element('message-hint', HTMLElement).textContent = other ? 'It cannot be shown here. It can be saved.' : status.hint;
    element('retry', HTMLElement).hidden = next.link !== 'lost' || next.retryIn < 1000;
    element('version', HTMLElement).textContent = next.version;
}

/**
 * @param {View | null} before
 * @param {View} next
 * @param {boolean} tiled
 */
function showGrid(before, next, tiled) {
    const opened = next.tiles !== null && !before?.tiles;
    const left = next.tiles === null && before?.tiles;
    const focused = element('grid', HTMLElement).contains(document.activeElement);
    grid.show(next, tiled);
    element('show-grid', HTMLElement).hidden = next.streams.length < 2 && !tiled;
    element('show-grid', HTMLElement).setAttribute('aria-pressed', String(tiled));
    element('save', HTMLElement).hidden = tiled;
    element('show-details', HTMLElement).hidden = tiled;
    if (tiled && details.open) {
        actions.details();
    }
    if (opened) {
        remembered = null;
        putGridInAddress();
        if (fromGrid) {
            grid.focus(next.stream);
        }
        fromGrid = false;
    } else if (next.tiles === null && (left || next.named) && next.stream !== null && next.stream !== remembered) {
        remembered = next.stream;
        putStreamInAddress(remembered);
    }
    if (left && focused) {
        element('show-grid', HTMLElement).focus({ preventScroll: true });
    }
}

/** The button is there where there is a chart. */
function showChart() {
    element('show-chart', HTMLElement).hidden = !chart.filled || gridded() || covered();
    bar.expand('show-chart', chart.open);
}

/**
 * The choice between a stream and a volume, where there are both.
 * @param {boolean} cover
 * @param {boolean} streams
 */
function showPlaces(cover, streams) {
    element('places', HTMLElement).hidden = volume === null || !streams;
    element('place-stream', HTMLElement).setAttribute('aria-pressed', String(!cover));
    element('place-volume', HTMLElement).setAttribute('aria-pressed', String(cover));
    element('pause', HTMLElement).hidden = cover;
    element('help-volume', HTMLElement).hidden = !cover;
    element('help-stream', HTMLElement).hidden = cover;
}

/** @param {'stream' | 'volume'} next */
function goTo(next) {
    place = next;
    if (latest) {
        show(latest);
        showVolume();
    }
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
    volume: (/** @type {KeyboardEvent} */ event) => covered() && volumeView?.key(event) === true,
    pause: () => send({ order: 'pause' }),
    save: () => {
        const file = covered() ? volumeView?.file : latest?.kind === 'none' ? answer.file : null;
        if (file) {
            download(file.blob, file.name);
        } else if (!covered()) {
            send({ order: 'save' });
        }
    },
    full: () => void toggleFullScreen(),
    details: () => {
        bar.expand('show-details', details.toggle());
        send({ order: 'details', on: details.open });
        showVolume();
    },
    grid: () => {
        const on = !gridded();
        if (covered() || (on && (latest?.streams.length ?? 0) < 2)) {
            return false;
        }
        send({ order: 'grid', on });
        return true;
    },
    chart: () => !gridded() && !covered() && chart.toggle(),
    ask: () => answer.focus(),
    away: () => (answer.open ? answer.close() : fromGrid && !gridded() && actions.grid()),
    help: () => (help.open ? help.close() : help.showModal()),
    stream: (/** @type {number} */ by) => covered() || (gridded() ? grid.step(by) : send({ order: 'step', by })),
    place: (/** @type {number} */ at) => {
        const name = covered() ? undefined : latest?.streams[at]?.name;
        if (name !== undefined) {
            choose(name);
        }
    },
};

function saveAnswer() {
    if (answer.file) {
        download(answer.file.blob, answer.file.name);
    }
}

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
    'answer-save': saveAnswer,
    'answer-close': () => answer.close(),
    'show-grid': actions.grid,
    'show-chart': actions.chart,
    'chart-close': actions.chart,
    'place-stream': () => goTo('stream'),
    'place-volume': () => goTo('volume'),
    retry: () => send({ order: 'wake' }),
})) {
    element(id, HTMLElement).addEventListener('click', action);
}
picture.addEventListener('dblclick', actions.full);
element('volume-views', HTMLElement).addEventListener('dblclick', (event) => event.target instanceof HTMLCanvasElement && actions.full());
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
        aloneTimer = setTimeout(() => document.body.classList.toggle('alone', !help.open && !menu.open && !details.open && !answer.busy), ALONE_AFTER);
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
