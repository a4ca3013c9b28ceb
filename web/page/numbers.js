// Numbers in a text: one, a list, or several by their names. Pure functions.

/**
 * By its key, each number, or the list's values. NaN stands for what is no finite number.
 * @typedef {Map<string, number | number[]>} Found
 */

const MOST_BYTES = 1 << 20; // longer texts are no plot for people
const MOST_KEYS = 64;
const KEY = /^\s*((?:[\w.:-]{1,64}\s*=\s*){1,4})/;
const NUMBER = /[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf(?:inity)?)/iy;
const GAP = /[\s,]*/y;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * `21.5`, `[1, 2e-3]`, `1 2 3`, `a1=sq=[1,2,3]`, several such lines with a key each, or a JSON object of
 * numbers and lists of numbers. A list of lists is a line for each; nan and inf are as Python writes them.
 * @param {Uint8Array} bytes
 * @returns {Found | null} null: the text is something else
 */
export function numbersIn(bytes) {
    if (bytes.length === 0 || bytes.length > MOST_BYTES) {
        return null;
    }
    let text;
    try {
        text = utf8.decode(bytes).trim();
    } catch {
        return null;
    }
    /** @type {Found} */
    const found = new Map();
    const right = text.startsWith('{') ? fromObject(text, found) : fromLines(text, found);
    return right && found.size > 0 ? found : null;
}

/**
 * @param {string} text
 * @param {Found} found
 */
function fromObject(text, found) {
    let object;
    try {
        object = JSON.parse(text);
    } catch {
        return false;
    }
    return Object.entries(object).every(([key, value]) => {
        const numbers = Array.isArray(value) && value.every((one) => typeof one === 'number');
        return (typeof value === 'number' || numbers) && put(found, key, value);
    });
}

/**
 * @param {string} text
 * @param {Found} found
 */
function fromLines(text, found) {
    const lines = text.split('\n');
    const keyed = lines.length > 1 && lines.every((line) => KEY.test(line));
    return (keyed ? lines : [text]).every((line) => {
        const words = KEY.exec(line)?.[1] ?? '';
        const key = words.replace(/\s+/g, '').replace(/=$/, '');
        const value = valueOf(line.slice(line.indexOf(words) + words.length).trim());
        if (value === null) {
            return false;
        }
        if (!Array.isArray(value) || value.every((one) => typeof one === 'number')) {
            return put(found, key, /** @type {number | number[]} */ (value));
        }
        return value.every((row, at) => put(found, `${key}[${at}]`, row));
    });
}

/**
 * @param {Found} found
 * @param {string} key
 * @param {number | number[]} value
 */
function put(found, key, value) {
    if (found.size < MOST_KEYS) {
        found.set(key, value);
    }
    return true;
}

/**
 * A number, a list of numbers, or a list of such lists.
 * @param {string} text
 * @returns {number | (number | number[])[] | null}
 */
function valueOf(text) {
    /** @type {(number | number[])[]} */
    const outer = [];
    /** @type {number[] | null} */
    let inner = null;
    const listed = /^[[(]/.test(text);
    let depth = 0;
    let at = 0;
    while (at < text.length) {
        const sign = text[at] ?? '';
        if (sign === '[' || sign === '(') {
            if (++depth > 2 || !listed) {
                return null;
            }
            inner = depth === 2 ? [] : null;
            ++at;
        } else if (sign === ']' || sign === ')') {
            if (--depth < 0 || (depth === 0 && at < text.length - 1)) {
                return null;
            }
            if (inner) {
                outer.push(inner);
            }
            inner = null;
            ++at;
        } else {
            NUMBER.lastIndex = at;
            const token = NUMBER.exec(text)?.[0];
            if (token === undefined) {
                return null;
            }
            at += token.length;
            if (at < text.length && !/[\s,\])]/.test(text[at] ?? '')) {
                return null; // 2026-03-04 is no number, and 10fps neither
            }
            const value = Number(token);
            (inner ?? outer).push(Number.isFinite(value) ? value : NaN);
        }
        GAP.lastIndex = at;
        at += GAP.exec(text)?.[0].length ?? 0;
    }
    if (depth !== 0 || outer.length === 0 || mixed(outer)) {
        return null;
    }
    return listed || outer.length > 1 ? outer : (outer[0] ?? null);
}

/** @param {(number | number[])[]} values */
function mixed(values) {
    return values.some((value) => Array.isArray(value) !== Array.isArray(values[0]));
}
