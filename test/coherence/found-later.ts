import type { Found } from './found.ts';

/** More of what the search found. */
export const foundLater: readonly Found[] = [
  {
    what: 'memory that may serve what is young in an outage served a value from before a change of its tag that had been heard',
    program: {
      level: 'bounded',
      instances: 4,
      seed: 1752901879,
      faults: 'all',
      converges: false,
      tiers: 1,
      lifetimeMs: 60000,
      staleMs: 0,
      network: { delayMs: 1.0851481883587826, jitterMs: 0.3176700684076972 },
      steps: [
        {
          atMs: 2.953441727526611,
          instance: 3,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 18.648832743883865,
            afterMs: 18.7148721165536,
          },
        },
        { atMs: 3.6887078887907587, instance: 2, act: { kind: 'update', keys: ['a:1'], by: 'key' } },
        {
          atMs: 5.719121939652172,
          instance: 3,
          act: {
            kind: 'write',
            key: 'a:1',
            fails: 'never',
            beforeMs: 18.705020228363477,
            afterMs: 19.377884889755126,
          },
        },
        {
          atMs: 7.556825700573602,
          instance: 3,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 11.028451228950791,
            afterMs: 16.171015055684645,
          },
        },
        {
          atMs: 15.835202372136589,
          instance: 3,
          act: {
            kind: 'write',
            key: 'a:1',
            fails: 'never',
            beforeMs: 0.5422267711794082,
            afterMs: 17.16745835274936,
          },
        },
        { atMs: 20.696217905970727, instance: 1, act: { kind: 'update', keys: ['a:1'], by: 'tag' } },
        {
          atMs: 35.05876410660153,
          instance: 3,
          act: { kind: 'bus', faults: { state: 'down' }, forMs: 169.67572055165186 },
        },
        {
          atMs: 42.88133584019707,
          instance: 3,
          act: {
            kind: 'line',
            tier: 0,
            faults: { lostAnswerRate: 0.215109194363575 },
            forMs: 25.86684031238813,
          },
        },
        {
          atMs: 42.88133584019707,
          instance: 3,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 5.1721620427077974,
            afterMs: 0.11070585838592217,
          },
        },
      ],
    },
  },
  {
    what: 'sliding brought back to the farther tier what the nearer one still had of an invalidated entry',
    program: {
      level: 'bounded',
      instances: 3,
      seed: 4008570303,
      faults: 'all',
      converges: true,
      tiers: 2,
      lifetimeMs: 120,
      staleMs: 0,
      slides: true,
      network: { delayMs: 0.14041099344629449, jitterMs: 6.253602582322118 },
      steps: [
        { atMs: 7.860281360096838, instance: 2, act: { kind: 'update', keys: ['a:1'], by: 'pattern' } },
        { atMs: 9.08144056508603, instance: 1, act: { kind: 'update', keys: ['a:1'], by: 'key' } },
        {
          atMs: 13.339459486197331,
          instance: 2,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 2.154544072918555,
            afterMs: 2.1099463370405074,
          },
        },
        {
          atMs: 23.058332073327414,
          instance: 0,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 1.720451388700809,
            afterMs: 1.4000866267314445,
          },
        },
        {
          atMs: 42.73284175278283,
          instance: 1,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 0.16384505637190738,
            afterMs: 2.5483975444327776,
          },
        },
        {
          atMs: 64.8031235161951,
          instance: 2,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 0.04938418625232921,
            afterMs: 1.1205279449434165,
          },
        },
        {
          atMs: 109.1355744876116,
          instance: 2,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 0.10815487370754095,
            afterMs: 2.987629188928278,
          },
        },
        { atMs: 114.38227997386926, instance: 1, act: { kind: 'update', keys: ['a:1'], by: 'key' } },
        {
          atMs: 232.49900099870484,
          instance: 1,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 2.1942711160993458,
            afterMs: 1.0009830572580132,
          },
        },
      ],
    },
  },
  {
    what: 'a tier that could not be told was told in the end, and a nearer one, filled from it meanwhile, was not',
    program: {
      level: 'strict',
      instances: 3,
      seed: 1626151744,
      faults: 'all',
      converges: true,
      tiers: 2,
      lifetimeMs: 60000,
      staleMs: 0,
      network: { delayMs: 1.8673311209016212, jitterMs: 0.705997263306134 },
      steps: [
        {
          atMs: 28.473129092130872,
          instance: 0,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 7.965476648833583,
            afterMs: 3.5884692208532964,
          },
        },
        {
          atMs: 81.25342735254405,
          instance: 2,
          act: { kind: 'line', tier: 1, faults: { errorRate: 0.7902538705612074 }, forMs: 99.13779697515969 },
        },
        { atMs: 87.93163680658117, instance: 2, act: { kind: 'update', keys: ['a:1'], by: 'key' } },
        {
          atMs: 132.55118746068632,
          instance: 1,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 5.481791385692764,
            afterMs: 19.85010629615995,
          },
        },
        {
          atMs: 146.86308226029297,
          instance: 2,
          act: {
            kind: 'read',
            key: 'a:1',
            fails: false,
            beforeMs: 6.164008541712582,
            afterMs: 0.8104928793452149,
          },
        },
      ],
    },
  },
];
