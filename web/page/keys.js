// The keyboard.

/**
 * @typedef {object} Actions
 * @property {(event: KeyboardEvent) => boolean} volume first of all, if there is a volume and the key means something to it
 * @property {() => void} pause
 * @property {() => void} save
 * @property {() => void} full
 * @property {() => void} details
 * @property {() => void} help
 * @property {() => boolean} grid all streams, or the one that was
 * @property {() => boolean} chart opens or puts away, if there is one
 * @property {() => boolean} ask to the text box, if there is one
 * @property {() => unknown} away puts away what lies over the picture, or returns to the grid
 * @property {(step: number) => void} stream to the next one or the one before
 * @property {(place: number) => void} place to the stream at this place of the list
 */

/** @param {Actions} actions */
export function listenToKeys(actions) {
    const keys = /** @type {Record<string, () => unknown>} */ ({
        ' ': actions.pause,
        f: actions.full,
        s: actions.save,
        i: actions.details,
        g: actions.grid,
        c: actions.chart,
        '?': actions.help,
        t: actions.ask,
        '/': actions.ask,
        Escape: actions.away,
        n: () => actions.stream(1),
        p: () => actions.stream(-1),
        ArrowRight: () => actions.stream(1),
        ArrowDown: () => actions.stream(1),
        ArrowLeft: () => actions.stream(-1),
        ArrowUp: () => actions.stream(-1),
    });
    for (let place = 1; place <= 9; ++place) {
        keys[place] = () => actions.place(place - 1);
    }
    document.addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
            return;
        }
        const target = event.target instanceof Element ? event.target : document.body;
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (target.closest('input:not([type="range"]), select')) {
            return; // somebody writes, or chooses by a letter
        }
        if (target.closest('[type="range"]') && /^(Arrow|Page|Home|End)/.test(key)) {
            return; // a slider moves by itself
        }
        // A focused button has its own idea of the space bar, and a text that scrolls of the arrows.
        if (key === ' ' && target.closest('button, [tabindex="0"]')) {
            return;
        }
        if (key.startsWith('Arrow') && target.closest('[tabindex="0"], [role="listbox"]')) {
            return;
        }
        if (document.querySelector('dialog[open]') && key !== '?') {
            return;
        }
        if (actions.volume(event)) {
            event.preventDefault();
            return;
        }
        const action = event.repeat ? undefined : keys[key];
        if (action && action() !== false) {
            event.preventDefault(); // the letter is no text
        }
    });
}
