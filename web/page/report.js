// What the engine tells the page of what it shows.

import { now } from './measure.js';

/** @typedef {import('../messages').Header} Header */
/** @typedef {import('../messages').Step} Step */
/** @typedef {import('../messages').Stream} Stream */
/** @typedef {import('../messages').Tile} Tile */
/** @typedef {import('../messages').View} View */
/** @typedef {import('./connection.js').Connection} Connection */
/** @typedef {import('./feed.js').Feed} Feed */
/** @typedef {import('./feed.js').Shown} Shown */
/** @typedef {import('./measure.js').ServerClock} ServerClock */

/**
 * What a view is made of.
 * @typedef {object} Scene
 * @property {Connection} connection
 * @property {ServerClock} clock
 * @property {string} version
 * @property {boolean} responds
 * @property {string} trouble
 * @property {number} asking
 * @property {Stream[]} streams
 * @property {string | null} stream
 * @property {boolean} named
 * @property {boolean} paused
 * @property {[string, Feed][]} feeds those that show something, by their streams
 * @property {Tile[] | null} tiles null: there is no grid, and one feed at the most
 * @property {number} bad messages that were no frame
 */

/**
 * @param {Stream[]} streams
 * @param {string} name
 * @returns {number} frames of it that the server did not send us over this connection
 */
export function dropsOf(streams, name) {
    return streams.find((stream) => stream.name === name)?.drops ?? 0;
}

/**
 * @param {Scene} scene
 * @returns {View}
 */
export function viewOf({ connection, clock, feeds, bad, ...scene }) {
    const time = now();
    const fps = feeds.reduce((sum, [, { meter }]) => sum + meter.rates(time).fps, 0);
    const shown = scene.tiles ? null : (feeds[0]?.[1].shown ?? null);
    const coming = fps > 0 && shown && time - shown.at < 1000;
    return {
        ...scene,
        link: connection.state,
        again: connection.again,
        retryIn: connection.retryIn,
        refusal: connection.refusal,
        silent: connection.silent,
        kind: shown?.kind ?? 'none',
        type: shown?.header.type ?? '',
        width: shown?.width ?? 0,
        height: shown?.height ?? 0,
        bytes: shown?.blob.size ?? 0,
        fps,
        age: scene.tiles ? NaN : shown ? Math.max(0, (coming ? shown.at : time) - clock.taken(shown)) : -1,
        drops: feeds.reduce((sum, [name, feed]) => sum + feed.earlierDrops + dropsOf(scene.streams, name) + feed.drops, 0),
        bad: feeds.reduce((sum, [, feed]) => sum + feed.bad, bad),
    };
}

/**
 * @param {Shown} shown
 * @param {ServerClock} clock
 * @returns {Step[]} its way from the capture to the screen
 */
export function stepsOf(shown, clock) {
    const { header, heard, at } = shown;
    const taken = clock.taken(shown);
    const stages = Object.entries(header.stages ?? {}).filter(([, time]) => typeof time === 'number');
    return [
        ...stages.map(([name, time]) => ({ name, at: clock.local(time) - taken })).sort((a, b) => a.at - b.at),
        { name: 'received', at: heard - taken },
        { name: 'shown', at: at - taken },
    ];
}
