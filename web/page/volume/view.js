// The volume view: what was chosen, what is asked for it, and where the answers are shown.

import { element } from '../element.js';
import { fileEnding } from '../words.js';
import { Cell } from './cell.js';
import { Choice, dragged } from './choice.js';
import { Controls } from './controls.js';
import { keyMeaning } from './keys.js';
import { crossing, through } from './planes.js';
import { Player } from './player.js';
import { SliceQueue } from './queue.js';
import { SpacePlace } from './space_place.js';
import { numberText, planeTitle, positionText, sliceFile, volumeFacts } from './words.js';

/** @typedef {import('../../messages').Header} Header */
/** @typedef {import('../../messages').Slice} Slice */
/** @typedef {import('../../messages').Volume} Volume */
/** @typedef {import('./choice.js').Tone} Tone */
/** @typedef {import('./controls.js').Layout} Layout */
/** @typedef {import('./queue.js').Question} Question */
/** @typedef {import('./queue.js').Wish} Wish */
/** @typedef {{index: number, tone: Tone | null, blob: Blob, header: Header, width: number, height: number, took: number, lossless: boolean}} Shown */

export class VolumeView {
    #section = element('volume', HTMLElement);
    #views = element('volume-views', HTMLElement);
    #error = element('volume-error', HTMLElement);
    #all = element('space-all', HTMLButtonElement);
    #where = element('space-where', HTMLElement);
    #changed;
    #controls;
    #player;
    #queue;
    /** The one that is under way, or was last. @type {Question | null} */
    #question = null;
    /** @type {Choice | null} */
    #choice = null;
    #cells = /** @type {Map<string, Cell>} */ (new Map());
    /** What each plane shows, by axis. */
    #shown = /** @type {Map<string, Shown>} */ (new Map());
    /** @type {Layout} */
    #layout = 'slice';
    #smooth = true;
    /** It is there, and somebody can see it. */
    #visible = false;
    #space = new SpacePlace(this.#views);
    /** What a drag for window and level began with. @type {Tone} */
    #toneBefore = { window: 1, level: 0 };

    /**
     * @param {(question: Question) => void} ask
     * @param {() => void} changed another slice is shown
     */
    constructor(ask, changed) {
        this.#changed = changed;
        this.#queue = new SliceQueue((question) => {
            this.#question = question;
            ask(question);
        });
        const turn = (/** @type {(choice: Choice) => void} */ action) => {
            if (this.#choice) {
                action(this.#choice);
                this.#update();
            }
        };
        this.#player = new Player(
            () => turn((choice) => choice.goTo((choice.index + 1) % choice.plane.depth)),
            () => this.#queue.idle,
            (playing) => {
                this.#queue.hold(playing);
                this.#update();
            },
        );
        this.#controls = new Controls({
            goTo: (index) => turn((choice) => choice.goTo(index)),
            play: () => this.#player.play(!this.#player.playing),
            pace: (fps) => (this.#player.fps = fps),
            axis: (axis) => turn((choice) => (choice.axis = axis)),
            layout: (layout) => this.#lay(layout),
            tone: (window, level) => turn((choice) => choice.setTone(window, level)),
            range: (range) => turn((choice) => (choice.tone = range)),
            colormap: (name) => turn((choice) => (choice.colormap = name)),
            invert: (on) => turn((choice) => (choice.invert = on)),
            smooth: (on) => {
                this.#smooth = on;
                this.#update();
            },
            reset: () => this.#reset(),
        });
        this.#all.addEventListener('click', () => {
            this.#all.setAttribute('aria-pressed', String(!this.#allPlanes));
            this.#update();
        });
    }

    /** What is shown of the plane that slider and keys are about. */
    get shown() {
        return this.#choice ? (this.#shown.get(this.#choice.axis) ?? null) : null;
    }

    /** That slice as a file. */
    get file() {
        if (!this.shown || !this.#choice) {
            return null;
        }
        const { blob, index } = this.shown;
        return { blob, name: sliceFile(this.#choice.volume.name, this.#choice.axis, index, fileEnding(blob.type)) };
    }

    /** All that is known of it. */
    get facts() {
        return this.#choice ? volumeFacts(this.#choice.volume, this.#choice.plane) : [];
    }

    /** @param {Volume | null} volume another one, or none any more */
    follow(volume) {
        this.#player.play(false);
        this.#queue.want(new Map());
        this.#space.leave();
        for (const cell of this.#cells.values()) {
            cell.remove();
        }
        this.#cells.clear();
        this.#shown.clear();
        this.#complain('');
        if (!volume) {
            return; // what was chosen is kept, for when the same volume comes back
        }
        if (JSON.stringify(this.#choice?.volume) !== JSON.stringify(volume)) {
            this.#choice = new Choice(volume);
        }
        if (!this.#choice) {
            return;
        }
        for (const plane of volume.planes) {
            const cell = new Cell(plane, this.#meaning(plane.axis));
            this.#cells.set(plane.axis, cell);
            this.#views.append(cell.element);
        }
        this.#controls.begin(this.#choice);
        this.#lay(this.#layout);
    }

    /** @param {boolean} on it is what the stage shows */
    show(on) {
        if (on !== this.#visible) {
            this.#visible = on;
            this.#section.hidden = !on;
            this.#player.play(false);
            this.#lay(this.#layout);
        }
    }

    /** @param {boolean} open there is a connection */
    link(open) {
        if (!open) {
            this.#player.play(false);
        }
        this.#queue.link(open);
    }

    /** @param {Slice} slice */
    hear(slice) {
        const question = this.#question;
        const axis = this.#queue.answered(slice.id, slice.took);
        const cell = axis === null ? undefined : this.#cells.get(axis);
        if (axis === null || !cell || !question || !this.#choice) {
            slice.bitmap?.close();
            return;
        }
        if (!slice.bitmap) {
            this.#player.play(false);
            this.#complain(slice.words);
            return;
        }
        this.#complain('');
        const { bitmap, blob, header, took } = slice;
        const { index, window, level } = header.meta ?? {};
        const lossless = question.as === 'lossless';
        const shown = {
            index: typeof index === 'number' ? index : this.#choice.indexOf(axis),
            tone: typeof window === 'number' && typeof level === 'number' ? { window, level } : null,
            blob,
            header,
            width: bitmap.width,
            height: bitmap.height,
            took,
            lossless,
        };
        this.#shown.set(axis, shown);
        cell.put(bitmap, lossless, `${planeTitle(axis)} slice ${shown.index} of ${cell.plane.depth}`);
        cell.element.dataset['index'] = String(shown.index);
        cell.element.dataset['quality'] = lossless ? 'lossless' : 'draft';
        this.#space.space?.put(cell.plane, shown.index, bitmap);
        this.#describe();
        this.#changed();
    }

    /**
     * @param {KeyboardEvent} event
     * @returns {boolean} the key means something here
     */
    key(event) {
        const choice = this.#choice;
        if (!choice || !this.#visible) {
            return false;
        }
        const meaning = keyMeaning(event);
        const { space } = this.#space;
        switch (meaning?.do) {
            case undefined:
                return false;
            case 'step':
                choice.step(meaning.by);
                break;
            case 'turn':
                if (space) {
                    space.turn(meaning.right, meaning.up);
                } else {
                    choice.step(meaning.right + meaning.up);
                }
                break;
            case 'goTo':
                choice.goTo(meaning.index);
                break;
            case 'plane':
                choice.axis = choice.volume.planes[meaning.place]?.axis ?? choice.axis;
                break;
            case 'zoom':
                (space ?? this.#cells.get(choice.axis))?.zoom(meaning.by);
                break;
            case 'play':
                this.#player.play(!this.#player.playing);
                break;
            case 'tones':
                this.#controls.toggleTones();
                break;
            case 'reset':
                this.#reset();
                break;
            case 'layout':
                this.#lay(this.#layout === 'slice' ? 'planes' : this.#layout === 'planes' ? 'space' : 'slice');
                break;
        }
        this.#update();
        return true;
    }

    get #allPlanes() {
        return this.#all.getAttribute('aria-pressed') === 'true';
    }

    /** The planes that are to be seen. @returns {string[]} */
    get #axes() {
        if (!this.#choice || !this.#visible) {
            return [];
        }
        const one = this.#layout === 'slice' || (this.#layout === 'space' && !this.#allPlanes);
        return one ? [this.#choice.axis] : this.#choice.volume.planes.map(({ axis }) => axis);
    }

    /** Window and level of what is seen. @returns {Tone | null} null: the colours are untouched */
    get #tone() {
        const choice = this.#choice;
        if (!choice) {
            return null;
        }
        if (choice.tone !== null && typeof choice.tone === 'object') {
            return choice.tone;
        }
        const { window, level } = choice.volume;
        return this.shown?.tone ?? (window !== null && level !== null ? { window, level } : null);
    }

    /** @param {string} axis of the cell in which it happens */
    #meaning(axis) {
        const here = (/** @type {(choice: Choice) => void} */ action) => {
            if (this.#choice) {
                this.#choice.axis = axis;
                action(this.#choice);
                this.#update();
            }
        };
        return {
            drag: () => (this.#layout === 'planes' ? /** @type {const} */ ('point') : /** @type {const} */ ('page')),
            page: (/** @type {number} */ steps) => here((choice) => choice.step(steps)),
            toneStart: () => {
                const [least, most] = this.#choice?.volume.values ?? [0, 255];
                this.#toneBefore = this.#tone ?? { window: most - least, level: (least + most) / 2 };
            },
            tone: (/** @type {number} */ dx, /** @type {number} */ dy) =>
                here((choice) => {
                    const { window, level } = dragged(this.#toneBefore, dx, dy);
                    choice.setTone(window, level);
                }),
            point: (/** @type {number} */ x, /** @type {number} */ y) =>
                here((choice) => through(choice.volume, choice.planeOf(axis), x, y).forEach((other) => choice.goTo(other.index, other.axis))),
            resized: () => this.#want(),
        };
    }

    /** @param {Layout} layout */
    #lay(layout) {
        this.#layout = layout;
        if (layout === 'space' && this.#visible && this.#choice) {
            void this.#space.enter(this.#choice.volume, (space, words) => this.#entered(space !== null, words));
        } else {
            this.#space.leave();
        }
        this.#update();
    }

    /**
     * @param {boolean} there the view in space is
     * @param {string} words or why not
     */
    #entered(there, words) {
        if (!there) {
            this.#lay('slice');
            this.#complain(words);
            return;
        }
        for (const axis of this.#axes) {
            const cell = this.#cells.get(axis);
            const shown = this.#shown.get(axis);
            if (cell && shown) {
                this.#space.space?.put(cell.plane, shown.index, cell.bitmap);
            }
        }
        this.#update();
    }

    #reset() {
        this.#choice?.reset();
        for (const cell of this.#cells.values()) {
            cell.whole();
        }
        this.#space.space?.home();
        this.#update();
    }

    /** Shows what was chosen, and asks for it. */
    #update() {
        const choice = this.#choice;
        if (!choice) {
            return;
        }
        const axes = this.#axes;
        this.#views.dataset['layout'] = this.#layout;
        this.#all.hidden = this.#where.hidden = this.#layout !== 'space';
        this.#space.space?.keep(axes, choice.axis);
        for (const [axis, cell] of this.#cells) {
            cell.element.hidden = this.#layout === 'space' || !axes.includes(axis);
            cell.element.classList.toggle('active', axis === choice.axis);
            cell.smooth(this.#smooth);
            cell.cross(this.#layout === 'planes' ? crossing(choice.volume, cell.plane, (other) => choice.indexOf(other)) : null);
        }
        this.#describe();
        this.#want();
        this.#changed();
    }

    #want() {
        const choice = this.#choice;
        if (!choice) {
            return;
        }
        const wishes = /** @type {Map<string, Wish>} */ (new Map());
        for (const axis of this.#axes) {
            const { width, height } = choice.planeOf(axis);
            const { clientWidth, clientHeight } = this.#views;
            const space = /** @type {[number, number]} */ ([clientWidth * devicePixelRatio, clientHeight * devicePixelRatio]);
            const room = this.#layout === 'space' ? space : (this.#cells.get(axis)?.room ?? space);
            wishes.set(axis, { request: choice.request(axis), room, full: [width, height] });
        }
        this.#queue.want(wishes);
    }

    /** The numbers: those of the pictures that are there, not of those that are to come. */
    #describe() {
        const choice = this.#choice;
        if (!choice) {
            return;
        }
        this.#controls.show(choice, this.#tone, { layout: this.#layout, smooth: this.#smooth, playing: this.#player.playing });
        const { values, unit } = choice.volume;
        for (const [axis, cell] of this.#cells) {
            const shown = this.#shown.get(axis);
            const position = shown ? positionText(cell.plane, shown.index, unit) : '';
            const where = shown ? `${shown.index} / ${cell.plane.depth - 1}${position && ` · ${position}`}` : '';
            const tone = shown?.tone ? `W ${numberText(shown.tone.window)} · L ${numberText(shown.tone.level)}` : '';
            cell.label([planeTitle(axis), `${numberText(values[0])} to ${numberText(values[1])}`, where, tone]);
            if (axis === choice.axis) {
                this.#where.textContent = where;
            }
        }
    }

    /** @param {string} words */
    #complain(words) {
        this.#error.hidden = words === '';
        this.#error.textContent = words.charAt(0).toUpperCase() + words.slice(1);
    }
}
