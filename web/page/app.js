// The page: shows what the engine reports, and passes on what the person wants.

import { putStreamInAddress, socketAddress, streamInAddress } from './address.js';
import { Answer } from './answer.js';
import { Bar } from './bar.js';
import { Details } from './details.js';
import { element } from './element.js';
import { Host } from './host.js';
import { listenToKeys } from './keys.js';
import { Menu } from './menu.js';
import { statusOf, streamTitle } from './words.js';

/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */
/** @typedef {import('../messages').View} View */

const ALONE_AFTER = 2500;
const NOTICE_FOR = 4000;

const picture = element('picture', HTMLCanvasElement);
const text = element('text', HTMLPreElement);
const help = element('help', HTMLDialogElement);
const notice = element('notice', HTMLParagraphElement);
const bar = new Bar();
const details = new Details();
const menu = new Menu((name) => send({ order: 'stream', name }));
const answer = new Answer(
    (text) => send({ order: 'ask', text }),
    () => latest && show(latest),
);

/** What was shown last. @type {View | null} */
let latest = null;

/** The stream that the page's address names. */
let remembered = streamInAddress();
const host = new Host(picture, socketAddress(), remembered, hear);

/** @param {Order} order */
function send(order) {
    host.send(order);
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
            details.show(report.header, report.steps, report.rate);
            break;
        case 'saved':
            download(report.blob, report.name);
            break;
        case 'answer':
            answer.put(report.answer);
            break;
        case 'notice':
            say(report.text);
            break;
    }
}

/** @param {View} next */
function show(next) {
    latest = next;
    const status = statusOf(next);
    const beside = next.kind !== 'none';
    answer.show(next.responds, next.asking, beside);
    bar.show(next, status, !beside && answer.file !== null);
    menu.show(next.streams, next.stream);
    if (next.named && next.stream !== null && next.stream !== remembered) {
        remembered = next.stream;
        putStreamInAddress(remembered);
    }
    text.hidden = next.kind !== 'text';
    const name = next.stream ? streamTitle(next.stream) : 'framepipe';
    document.title = `${status.label} – ${name}`;
    document.body.dataset['code'] = status.code;
    document.body.classList.toggle('away', status.code === 'reconnecting');
    picture.setAttribute(
        'aria-label',
        next.kind === 'picture' ? `Picture of ${name}, ${next.width} by ${next.height} pixels` : 'No picture yet',
    );

    const away = status.code === 'reconnecting';
    const other = next.kind === 'other' && !away;
    const message = element('message', HTMLElement);
    message.hidden = !away && !other && (beside || answer.open);
    message.classList.toggle('over', next.kind === 'picture' || next.kind === 'text' || answer.open);
    const still = other || ['ready', 'ended', 'paused', 'idle', 'damaged'].includes(status.code);
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
    save: () => (latest?.kind === 'none' && answer.file ? saveAnswer() : send({ order: 'save' })),
    full: () => void toggleFullScreen(),
    details: () => {
        bar.expand('show-details', details.toggle());
        send({ order: 'details', on: details.open });
    },
    ask: () => answer.focus(),
    away: () => answer.open && answer.close(),
    help: () => (help.open ? help.close() : help.showModal()),
    stream: (/** @type {number} */ by) => send({ order: 'step', by }),
    place: (/** @type {number} */ place) => send({ order: 'place', place }),
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
    'answer-close': actions.away,
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
