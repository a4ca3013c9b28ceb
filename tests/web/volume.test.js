// A volume behind a slider, without a browser: what is asked for next, what gestures mean, where planes lie.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { Slices, volumeIn } from '../../web/page/slices.js';
import { Choice, dragged } from '../../web/page/volume/choice.js';
import { WheelSteps, twoFingers } from '../../web/page/volume/gestures.js';
import { keyMeaning } from '../../web/page/volume/keys.js';
import { corners, crossing, edges, through } from '../../web/page/volume/planes.js';
import { SliceQueue, draftSize } from '../../web/page/volume/queue.js';
import { numberText, positionText, sliceFile, volumeFacts } from '../../web/page/volume/words.js';
import { VOLUME } from './mock_volume.js';

describe('the queue', () => {
    let asked, timers, queue;
    const parsed = () => asked.map(({ text, as }) => ({ ...JSON.parse(text), as }));
    const wish = (index, key = 'axial') => [key, { request: { axis: key, index }, room: [400, 400], full: [800, 600] }];
    const want = (...wishes) => queue.want(new Map(wishes));
    const answer = (took = 50) => queue.answered(asked.at(-1).id, took);
    const rest = () => {
        for (const timer of timers.splice(0)) timer.action?.();
    };

    beforeEach(() => {
        asked = [];
        timers = [];
        queue = new SliceQueue((question) => asked.push(question), {
            set: (action) => timers[timers.push({ action }) - 1],
            clear: (timer) => timer && (timer.action = null),
        });
        queue.link(true);
    });

    test('a drag from end to end asks one at a time, and ends on the last, with every bit', () => {
        let unanswered = 0;
        for (let index = 0; index < 100; ++index) {
            want(wish(index));
            unanswered = asked.length - Math.floor(index / 7) - (index % 7 === 6 ? 1 : 0);
            assert.ok(unanswered <= 1, `${unanswered} under way`);
            if (index % 7 === 6) answer();
        }
        answer();
        assert.ok(asked.length < 20);
        assert.deepEqual(parsed().at(-1), { axis: 'axial', index: 99, size: [400, 400], as: 'image' });
        answer();
        const drafts = asked.length;
        assert.ok(parsed().every(({ as }) => as === 'image'));
        rest();
        assert.equal(asked.length, drafts + 1);
        assert.deepEqual(parsed().at(-1), { axis: 'axial', index: 99, as: 'lossless' });
        assert.equal(answer(), 'axial');
        rest();
        assert.equal(asked.length, drafts + 1, 'and that is all');
        assert.ok(queue.idle);
    });

    test('the rest may come while a draft is under way', () => {
        want(wish(1));
        want(wish(2));
        rest();
        assert.equal(asked.length, 1);
        answer();
        assert.deepEqual(parsed()[1], { axis: 'axial', index: 2, as: 'lossless' });
    });

    test('the same wish again is nothing new', () => {
        want(wish(1));
        want(wish(1));
        answer();
        rest();
        answer();
        want(wish(1));
        rest();
        assert.equal(asked.length, 2);
    });

    test('three planes that change at once take turns', () => {
        const keys = ['axial', 'coronal', 'sagittal'];
        for (let index = 0; index < 30; ++index) {
            want(...keys.map((key) => wish(index, key)));
            answer();
        }
        const turns = parsed().map(({ axis }) => axis);
        for (const key of keys) assert.ok(turns.filter((turn) => turn === key).length >= 10, `${key}: ${turns}`);
        while (!queue.idle) answer();
        rest();
        for (let i = 0; i < 3; ++i) answer();
        const last = parsed().slice(-3);
        assert.deepEqual(last.map(({ axis }) => axis).sort(), keys);
        assert.ok(last.every(({ as, index }) => as === 'lossless' && index === 29));
    });

    test('while it plays there is no rest', () => {
        queue.hold(true);
        want(wish(1));
        answer();
        rest();
        assert.equal(asked.length, 1);
        queue.hold(false);
        rest();
        assert.equal(parsed().at(-1).as, 'lossless');
    });

    test('slow answers make drafts smaller, quick ones larger again', () => {
        const sizes = [300, 300, 300, 300, 10, 10, 10, 10].map((took, index) => {
            want(wish(index));
            answer(took);
            return parsed().at(-1).size[0];
        });
        assert.deepEqual(sizes, [400, 200, 100, 100, 100, 200, 400, 400]);
        assert.deepEqual(draftSize([800, 600], [400, 300], 0.5), [200, 150]);
        assert.equal(draftSize([800, 600], [800, 600], 1), null);
        assert.equal(draftSize([80, 60], [400, 300], 0.5), null);
    });

    test('a new connection is asked anew, for the current slice alone', () => {
        want(wish(1));
        const lost = asked.at(-1).id;
        queue.link(false);
        want(wish(2));
        want(wish(3));
        assert.equal(asked.length, 1, 'nothing is asked of nobody');
        queue.link(true);
        assert.equal(queue.answered(lost, 5), null, 'an answer of the old connection is nobody’s');
        assert.deepEqual(parsed().slice(1).map(({ index }) => index), [3]);
        answer();
        rest();
        answer();
        queue.link(false);
        queue.link(true);
        assert.equal(parsed().at(-1).index, 3);
    });

    test('what is no more wanted is not asked for, and its answer is nobody’s', () => {
        want(wish(1), wish(1, 'coronal'));
        want(wish(1, 'coronal'));
        assert.equal(answer(), null);
        assert.equal(parsed().at(-1).axis, 'coronal');
        want();
        answer();
        rest();
        assert.equal(asked.length, 2);
    });

    test('a request that failed is not repeated until something changes', () => {
        want(wish(1));
        answer(0);
        rest();
        answer(0);
        rest();
        assert.equal(asked.length, 2);
        want(wish(2));
        assert.equal(asked.length, 3);
    });
});

describe('slices', () => {
    test('a request says how its answer is to come, and a frame that answers nothing is not taken', () => {
        const sent = [];
        const told = [];
        const slices = new Slices((control) => sent.push(control) > 0, (slice) => told.push(slice));
        slices.ask(7, '{"index":1}', 'lossless');
        assert.deepEqual({ ...sent[0], request: '' }, { request: '', text: '{"index":1}', as: 'lossless' });
        assert.ok(!slices.take({ type: 'image/png', request: 'page-1' }, new Uint8Array(), 0));
        assert.ok(!slices.take({ type: 'image/png' }, new Uint8Array(), 0));
        assert.ok(slices.take({ type: 'text/plain', request: sent[0].request, error: 'no slice 1' }, new Uint8Array(), 0));
        assert.deepEqual(told, [{ id: 7, took: 0, bitmap: null, words: 'no slice 1' }]);
        slices.ask(8, '', 'image');
        assert.ok(slices.take({ type: 'text/plain', request: sent[1].request }, new Uint8Array(), 0));
        assert.equal(told[1].words, 'The answer is text/plain, not a picture.');
        slices.ask(9, '', 'image');
        slices.lost();
        assert.ok(!slices.take({ type: 'image/png', request: sent[2].request }, new Uint8Array(), 0));
        assert.equal(told.length, 2);
    });

    test('only a whole description is one', () => {
        assert.equal(volumeIn({ volume: VOLUME }), VOLUME);
        for (const wrong of [
            undefined,
            null,
            'volume',
            [],
            {},
            { volume: null },
            { volume: { ...VOLUME, planes: [] } },
            { volume: { ...VOLUME, planes: [{}] } },
            { volume: { ...VOLUME, planes: [null] } },
            { volume: { ...VOLUME, axis: 'other' } },
            { volume: { ...VOLUME, values: [1] } },
            { volume: { ...VOLUME, values: ['a', 'b'] } },
            { volume: { ...VOLUME, values: [null, null] } },
            { volume: { ...VOLUME, colormaps: undefined } },
            { volume: { ...VOLUME, planes: [{ ...VOLUME.planes[0], depth: 0 }] } },
            { volume: { ...VOLUME, planes: [{ ...VOLUME.planes[0], frame: undefined }] } },
            { volume: { ...VOLUME, planes: [{ ...VOLUME.planes[0], frame: { ...VOLUME.planes[0].frame, x_axis: 2 } }] } },
        ]) {
            assert.equal(volumeIn(wrong), null, JSON.stringify(wrong));
        }
    });
});

test('a volume without a finite value is one all the same', () => {
    assert.deepEqual(volumeIn({ volume: { ...VOLUME, values: null } })?.values, [0, 1]);
});

describe('the choice', () => {
    test('begins where the server does, and asks for nothing that was not touched', () => {
        const choice = new Choice(VOLUME);
        assert.deepEqual(choice.request('axial'), { axis: 'axial', index: 30 });
        assert.deepEqual(choice.request('coronal'), { axis: 'coronal', index: 50 });
        choice.setTone(350.4, 40);
        choice.colormap = 'hot';
        choice.invert = true;
        assert.deepEqual(choice.request('axial'), { axis: 'axial', index: 30, window: 350, level: 40, colormap: 'hot', invert: true });
        choice.tone = 'auto';
        assert.deepEqual(choice.request('axial'), { axis: 'axial', index: 30, range: 'auto', colormap: 'hot', invert: true });
        choice.reset();
        assert.deepEqual(choice.request('axial'), { axis: 'axial', index: 30 });
    });

    test('stays within the slices there are', () => {
        const choice = new Choice(VOLUME);
        for (const [to, is] of [[-1, 0], [59, 59], [60, 59], [1e9, 59], [17.4, 17], [NaN, 17], [Infinity, 17]]) {
            choice.goTo(to);
            assert.equal(choice.index, is);
        }
        choice.step(-100);
        assert.equal(choice.index, 0);
        choice.axis = 'coronal';
        choice.step(100);
        assert.equal(choice.index, 99);
    });

    test('a window is never nothing, and as fine as the values', () => {
        const choice = new Choice(VOLUME);
        choice.setTone(-5, 3.6);
        assert.deepEqual(choice.tone, { window: 1, level: 4 });
        choice.setTone(NaN, 1);
        assert.deepEqual(choice.tone, { window: 1, level: 4 });
        const fine = new Choice({ ...VOLUME, type: 'float32', values: [0, 0.5] });
        fine.setTone(0.12312, 0.2);
        assert.deepEqual(fine.tone, { window: 0.1231, level: 0.2 });
        const one = new Choice({ ...VOLUME, type: 'float32', values: [3, 3] });
        one.setTone(1.23456, 3);
        assert.deepEqual(one.tone, { window: 1.235, level: 3 });
    });

    test('a drag to the right widens the window, down raises the level', () => {
        assert.deepEqual(dragged({ window: 400, level: 40 }, 160, 0), { window: 800, level: 40 });
        assert.deepEqual(dragged({ window: 400, level: 40 }, -160, 0), { window: 200, level: 40 });
        assert.deepEqual(dragged({ window: 300, level: 40 }, 0, 100), { window: 300, level: 140 });
        assert.deepEqual(dragged({ window: 300, level: 40 }, 0, -100), { window: 300, level: -60 });
    });
});

describe('gestures', () => {
    const turn = (wheel, deltaY, deltaMode = 0, deltaX = 0) => wheel.take({ deltaY, deltaX, deltaMode });

    test('a notch of a wheel is a slice, in whatever browsers say it', () => {
        const wheel = new WheelSteps();
        for (const [delta, mode, steps] of [[100, 0, 1], [120, 0, 1], [-120, 0, -1], [240, 0, 2], [53, 0, 1], [3, 1, 1], [-3, 1, -1], [6, 1, 2], [1, 1, 1], [1, 2, 1]]) {
            assert.equal(turn(wheel, delta, mode), steps, `${delta} in mode ${mode}`);
        }
    });

    test('strokes on a touch pad add up, and a turn back begins anew', () => {
        const wheel = new WheelSteps();
        const steps = Array.from({ length: 40 }, () => turn(wheel, 4));
        assert.equal(steps.reduce((a, b) => a + b), 4);
        assert.ok(steps.every((step) => step === 0 || step === 1));
        turn(wheel, 39);
        assert.ok(turn(wheel, -39) === 0);
        assert.equal(turn(wheel, -1), -1);
        assert.equal(turn(new WheelSteps(), 0, 0, 120), 1, 'sideways too');
    });

    test('two fingers beside each other set the window, apart from each other they zoom', () => {
        assert.equal(twoFingers(5, 5), null);
        assert.equal(twoFingers(20, 4), 'tone');
        assert.equal(twoFingers(4, 20), 'zoom');
        assert.equal(twoFingers(4, -20), 'zoom');
    });
});

test('keys', () => {
    const means = (key, shiftKey = false, repeat = false) => keyMeaning({ key, shiftKey, repeat });
    assert.deepEqual(means('ArrowUp'), { do: 'step', by: 1 });
    assert.deepEqual(means('ArrowLeft', false, true), { do: 'step', by: -1 });
    assert.deepEqual(means('PageDown'), { do: 'step', by: -10 });
    assert.deepEqual(means('ArrowLeft', true), { do: 'turn', right: -1, up: 0 });
    assert.deepEqual(means('ArrowUp', true), { do: 'turn', right: 0, up: 1 });
    assert.deepEqual(means('End'), { do: 'goTo', index: Number.MAX_SAFE_INTEGER });
    assert.deepEqual(means('3'), { do: 'plane', place: 2 });
    assert.deepEqual(means('-'), { do: 'zoom', by: 0.8 });
    assert.deepEqual(means(' '), { do: 'play' });
    for (const nothing of [means(' ', false, true), means('s'), means('n'), means('0'), means('Enter'), means('constructor')]) assert.equal(nothing, null);
});

describe('planes', () => {
    const [axial, coronal, sagittal] = VOLUME.planes;
    const near = (a, b) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`));

    test('a point of one picture is a slice of each of the others, and back', () => {
        assert.deepEqual(through(VOLUME, axial, 0, 0), [{ axis: 'sagittal', index: 79 }, { axis: 'coronal', index: 99 }]);
        assert.deepEqual(through(VOLUME, axial, 0.999, 0.999), [{ axis: 'sagittal', index: 0 }, { axis: 'coronal', index: 0 }]);
        assert.deepEqual(through(VOLUME, axial, -1, 2), [{ axis: 'sagittal', index: 79 }, { axis: 'coronal', index: 0 }]);
        assert.deepEqual(through(VOLUME, coronal, 0.5, 0.25), [{ axis: 'sagittal', index: 40 }, { axis: 'axial', index: 45 }]);
        for (const plane of VOLUME.planes) {
            for (const at of [[0.1, 0.2], [0.77, 0.5]]) {
                const indices = Object.fromEntries(through(VOLUME, plane, ...at).map(({ axis, index }) => [axis, index]));
                const [x, y] = crossing(VOLUME, plane, (axis) => indices[axis]);
                assert.ok(Math.abs(x - at[0]) < 0.02 && Math.abs(y - at[1]) < 0.02, `${plane.axis}: ${at} came back as ${[x, y]}`);
            }
        }
    });

    test('a patient stands upright in space and faces us', () => {
        // RAS: the first voxel axis goes to the patient's right here, the second to the front, the third up.
        assert.deepEqual(edges(VOLUME).map((way) => way.map((value) => value + 0)), [[-160, 0, 0], [0, 0, 200], [0, 180, 0]]);
        for (const plane of VOLUME.planes) {
            const other = { ...VOLUME, axis: plane.axis };
            edges(other).forEach((way, i) => near(way, edges(VOLUME)[i]));
        }
    });

    test('slices lie in space where they are', () => {
        const [topLeft, topRight, bottomLeft] = corners(VOLUME, axial, 0);
        near(topLeft, [-80, -88.5, 100]); // right, front, at the bottom
        near(topRight, [80, -88.5, 100]);
        near(bottomLeft, [-80, -88.5, -100]);
        near(corners(VOLUME, coronal, 99)[0], [-80, 90, 99]);
        near(corners(VOLUME, sagittal, 0)[0], [79, 90, 100]);
    });

    test('without orientation the first plane faces us, one slice behind the other', () => {
        const bare = { ...VOLUME, axis: '2', planes: VOLUME.planes.map(({ letters: _, ...plane }, i) => ({ ...plane, axis: ['2', '1', '0'][i], frame: { ...plane.frame, x_flipped: false, y_flipped: false } })) };
        assert.deepEqual(edges(bare).map((way) => way.map((value) => value + 0)), [[160, 0, 0], [0, -200, 0], [0, 0, -180]]);
        near(corners(bare, bare.planes[0], 0)[0], [-80, 100, 88.5]);
    });
});

test('words', () => {
    assert.deepEqual([0, 12, 1.25, 123.456, 4095, 0.00012, 12345678, -0.5].map(numberText), ['0', '12', '1.25', '123.5', '4095', '1.20e-4', '1.23e+7', '-0.5']);
    assert.equal(positionText(VOLUME.planes[0], 30, 'mm'), '90 mm');
    assert.equal(positionText({ ...VOLUME.planes[0], step: 1.2 }, 90, 'mm'), '108.0 mm');
    assert.equal(positionText(VOLUME.planes[0], 3, ''), '9');
    assert.equal(positionText({ ...VOLUME.planes[0], step: 1 }, 3, ''), '');
    assert.equal(sliceFile('my head.nii.gz', 'axial', 7, 'png'), 'my-head_axial-0007.png');
    assert.equal(sliceFile('../..', '2', 1234, 'jpg'), 'volume_axis2-1234.jpg');
    const facts = Object.fromEntries(volumeFacts(VOLUME, VOLUME.planes[0]));
    assert.equal(facts.Shape, '80 × 100 × 60');
    assert.equal(facts.Voxel, '2 × 2 × 3 mm');
    assert.equal(facts['Slices go'], 'I to S');
});
