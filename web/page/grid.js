// All streams as tiles: each a button with its picture, its name and how it fares, which opens it.

import { GAP, arrange, usualRatio } from './arrange.js';
import { element } from './element.js';
import { roomObserver, roomOf } from './room.js';
import { MOST_TILES, ageText, rateText, stateText, streamTitle } from './words.js';

/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Stream} Stream */
/** @typedef {import('../messages').Tile} Tile */
/** @typedef {import('../messages').View} View */

export class Grid {
    #place = element('grid', HTMLElement);
    #list = element('tiles', HTMLOListElement);
    #more = element('grid-more', HTMLParagraphElement);
    #tiles = /** @type {Map<string, HTMLElement>} */ (new Map());
    #names = /** @type {Map<Element, string>} */ (new Map());
    #rooms;
    #send;
    #ratio = 4 / 3;

    /**
     * @param {(order: Order) => void} send
     * @param {(name: string) => void} choose a stream to be shown alone
     */
    constructor(send, choose) {
        this.#send = send;
        this.#rooms = roomObserver((canvas, width, height) => {
            const name = this.#names.get(canvas);
            if (name !== undefined && width > 0) {
                send({ order: 'tile-size', name, width, height });
            }
        });
        this.#list.addEventListener('click', (event) => {
            const name = this.#nameAt(event.target);
            if (name !== undefined) {
                choose(name);
            }
        });
        this.#list.addEventListener('keydown', (event) => this.#key(event));
        new ResizeObserver(() => this.#arrange()).observe(this.#place);
    }

    /**
     * @param {View | null} view null: there is no grid any more
     * @param {boolean} visible nothing stands before it
     */
    show(view, visible) {
        const shown = view?.tiles ?? null;
        this.#place.hidden = shown === null || !visible;
        const streams = shown === null ? [] : (view?.streams ?? []).slice(0, MOST_TILES);
        const rest = shown === null ? 0 : (view?.streams.length ?? 0) - streams.length;
        this.#more.hidden = rest === 0;
        this.#more.textContent = rest === 1 ? 'One more stream is not shown here.' : `${rest} more streams are not shown here.`;
        for (const [name, tile] of this.#tiles) {
            if (!streams.some((stream) => stream.name === name)) {
                this.#remove(name, tile);
            }
        }
        const before = this.#tiles.size;
        this.#ratio = usualRatio(shown ?? []);
        streams.forEach((stream, place) => {
            const tile = this.#tiles.get(stream.name) ?? this.#make(stream.name);
            if (this.#list.children[place] !== tile) {
                this.#list.insertBefore(tile, this.#list.children[place] ?? null);
            }
            fill(
                tile,
                stream,
                shown?.find(({ name }) => name === stream.name),
            );
        });
        this.#arrange();
        if (this.#tiles.size !== before) {
            this.#introduce();
        }
    }

    /**
     * The keyboard goes this many tiles further, or to this one.
     * @param {number} by
     */
    step(by) {
        const tiles = this.#buttons();
        const at = tiles.findIndex((tile) => tile === document.activeElement);
        const next = at < 0 ? (by > 0 ? 0 : tiles.length - 1) : Math.min(tiles.length - 1, Math.max(0, at + by));
        tiles[next]?.focus();
    }

    /** @param {string | null} name of the tile that the keyboard goes to */
    focus(name) {
        this.#tiles.get(name ?? '')?.querySelector('button')?.focus();
    }

    #buttons() {
        return [...this.#list.querySelectorAll('button')];
    }

    /** Canvases that are new have their size only now. */
    #introduce() {
        for (const [name, tile] of this.#tiles) {
            const canvas = tile.querySelector('canvas');
            if (canvas && !this.#names.has(canvas)) {
                this.#names.set(canvas, name);
                this.#send({ order: 'tile', name, canvas, ...roomOf(canvas) });
                this.#rooms.observe(canvas);
            }
        }
    }

    /** @param {string} name */
    #make(name) {
        const tile = document.createElement('li');
        const button = document.createElement('button');
        button.type = 'button';
        button.title = `Open ${streamTitle(name)}`;
        const words = document.createElement('p');
        words.className = 'words';
        const caption = document.createElement('span');
        caption.className = 'caption';
        const dot = document.createElement('i');
        dot.className = 'dot';
        const title = document.createElement('b');
        title.textContent = streamTitle(name);
        caption.append(dot, title, document.createElement('small'));
        button.append(document.createElement('canvas'), words, caption);
        tile.append(button);
        this.#tiles.set(name, tile);
        return tile;
    }

    /**
     * @param {string} name
     * @param {HTMLElement} tile
     */
    #remove(name, tile) {
        const canvas = tile.querySelector('canvas');
        if (canvas) {
            this.#rooms.unobserve(canvas);
            this.#names.delete(canvas);
        }
        this.#tiles.delete(name);
        tile.remove();
        this.#send({ order: 'tile-gone', name });
    }

    #arrange() {
        const { clientWidth, clientHeight } = this.#place;
        if (this.#tiles.size === 0 || clientWidth === 0) {
            return;
        }
        const room = clientHeight - 2 * GAP - (this.#more.hidden ? 0 : this.#more.offsetHeight);
        const { columns, height } = arrange(this.#tiles.size, clientWidth - 2 * GAP, room, this.#ratio);
        this.#list.style.setProperty('--columns', String(columns));
        this.#list.style.setProperty('--tile', `${height}px`);
    }

    /** @param {EventTarget | null} target */
    #nameAt(target) {
        const tile = target instanceof Element ? target.closest('li') : null;
        return [...this.#tiles].find(([, one]) => one === tile)?.[0];
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const columns = Number(this.#list.style.getPropertyValue('--columns')) || 1;
        const all = this.#tiles.size;
        const by = /** @type {Record<string, number>} */ ({
            ArrowRight: 1,
            ArrowLeft: -1,
            ArrowDown: columns,
            ArrowUp: -columns,
            Home: -all,
            End: all,
        })[event.key];
        if (by !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
            this.step(by);
            event.preventDefault();
        }
    }
}

/**
 * @param {HTMLElement} tile
 * @param {Stream} stream
 * @param {Tile | undefined} shown undefined: its canvas is on its way
 */
function fill(tile, stream, shown) {
    const caption = tile.querySelector('.caption');
    const words = tile.querySelector('.words');
    const small = tile.querySelector('small');
    if (!(caption instanceof HTMLElement) || !(words instanceof HTMLElement) || !small) {
        return;
    }
    const kind = shown?.kind ?? 'none';
    const damaged = kind === 'none' && (shown?.bad ?? 0) > 0;
    caption.dataset['code'] = damaged ? 'damaged' : stream.state;
    const live = stream.state === 'live';
    const facts = [
        damaged ? 'cannot be shown' : live && shown?.fps ? '' : stateText(stream.state),
        live && shown?.fps ? `${rateText(shown.fps)} fps` : '',
        kind === 'none' || !shown ? '' : ageText(shown.age),
    ];
    put(small, facts.filter(Boolean).join(' · '));
    put(words, kind === 'text' ? (shown?.words ?? '') : kind === 'other' ? stream.type || 'no picture' : '');
    tile.classList.toggle('ended', stream.state === 'ended');
}

/**
 * @param {Element} where
 * @param {string} words
 */
function put(where, words) {
    if (where.textContent !== words) {
        where.textContent = words;
    }
}
