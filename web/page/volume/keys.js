// What keys mean to a volume. Pure.

/**
 * @typedef {{do: 'step', by: number} | {do: 'goTo', index: number} | {do: 'plane', place: number} | {do: 'zoom', by: number}
 *     | {do: 'turn', right: number, up: number} | {do: 'play' | 'tones' | 'reset' | 'layout'}} KeyMeaning
 */

const STEPS = new Map(Object.entries({ ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }));
const NEARER = new Map(Object.entries({ '+': 1.25, '=': 1.25, '-': 0.8 }));
const ONCE = new Map(Object.entries(/** @type {const} */ ({ ' ': 'play', w: 'tones', r: 'reset', v: 'layout' })));

/**
 * @param {{key: string, shiftKey: boolean, repeat: boolean}} event
 * @returns {KeyMeaning | null} null: nothing
 */
export function keyMeaning({ key, shiftKey, repeat }) {
    const by = STEPS.get(key);
    if (by !== undefined && shiftKey && key.startsWith('Arrow')) {
        const across = key === 'ArrowLeft' || key === 'ArrowRight';
        return { do: 'turn', right: across ? by : 0, up: across ? 0 : by };
    }
    if (by !== undefined) {
        return { do: 'step', by };
    }
    if (key === 'Home' || key === 'End') {
        return { do: 'goTo', index: key === 'Home' ? 0 : Number.MAX_SAFE_INTEGER };
    }
    if (/^[1-9]$/.test(key)) {
        return { do: 'plane', place: Number(key) - 1 };
    }
    const near = NEARER.get(key);
    if (near !== undefined) {
        return { do: 'zoom', by: near };
    }
    const once = repeat ? undefined : ONCE.get(key.toLowerCase());
    return once ? { do: once } : null;
}
