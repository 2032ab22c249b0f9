/* SPDX-License-Identifier: MIT
 *
 * block.pml: a writer recycles a block of a ring while a reader copies it. The steps are those of FORMAT.md 9.4.
 *
 *     W1 seq ← 0 │ W2 │ W3 W4 W5 the block as it begins │ W6 committed │ W7 seq ← n     W8 W9 a record │ … │ W10 W11
 *
 * One slot is followed: block 1 stands in it, then 2, then 3. No step touches two slots, and what a writer does to other
 * slots meanwhile only makes its buffer emptier.
 *
 * A block is its header's words and cells of payload, each of which holds the number of the block that it was written
 * for: a copy is torn if one of its cells has another number than its seq. Cell 0 is the opening, the others are a
 * record each. Blocks are left with any number of records, so that a committed of one block is wrong for another.
 *
 * WEAK=0    Every store is seen at once, every load happens where it stands.
 * WEAK=1    Stores wait in a buffer, a place for each word, and reach memory in any order; a release store or fence
 *           waits until all before it have. One place is enough: between two releases no word is stored to twice.
 *           Loads happen in any order, but none before an acquiring one in front of it. When the writer dies, what
 *           waits is lost or not, each store by itself: a compiler may have put them in any such order, too.
 *
 * The writer may die between any two steps; what waits comes to rest and the reader reads what there is.
 *
 * Held:  an accepted copy is of one block, header and all                                             [torn]
 *        it has all that memory said to be committed when R1 happened, the opening at least           [prefix]
 *        one that is marked SEALED has all that the block ever gets, and the CRCs of just that        [sealed]
 *        what R1 finds without a number, or R6 refuses, was recycled or never written to              [lost]
 *        when the writer is done or dead, each slot reads as 9.4.3 says                               [after]
 */
#ifndef WEAK
#define WEAK 1
#endif
#ifndef BLOCKS
#define BLOCKS 3 /* that the slot holds one after the other */
#endif
#define RECORDS 2 /* of a block, at most */

/* Words of a block. */
#define SEQ       0
#define FLAGS     1 /* 1: SEALED */
#define COMMITTED 2 /* cells */
#define HEAD      3 /* all other fields of the header */
#define CRC       4 /* both; what they are of: 8 × block + committed */
#define CELL      5
#define WORDS     8

#define BIT(v) (1 << (v))

byte memory[WORDS];
bool alive = true;
bool done;

/* What is the case, for the assertions: */
byte becoming;             /* the block that stands in the slot or is about to */
byte told[4];     /* cells of a block that memory once said are committed */
byte last[4];     /* cells of a block that gets no more; 0: it may */
bool recycled[4]; /* W1 of the next one has begun */

inline reach(v, x)
{
    memory[v] = x;
    if
    :: v == COMMITTED && x > 0 -> told[becoming] = x
    :: else
    fi
}

#if WEAK
byte waiting; /* a bit for each word */
byte value[WORDS];

#define AT_REST (waiting == 0)

inline store(v, x)
{
    atomic { !(waiting & BIT(v)) -> value[v] = x; waiting = waiting | BIT(v) }
}

inline flush(v)
{
    waiting & BIT(v) ->
    if
    :: reach(v, value[v])
    :: !alive /* lost */
    fi;
    waiting = waiting & ~BIT(v);
    value[v] = 0
}

active proctype buffer()
{
end:
    do
    :: atomic { flush(SEQ) }
    :: atomic { flush(FLAGS) }
    :: atomic { flush(COMMITTED) }
    :: atomic { flush(HEAD) }
    :: atomic { flush(CRC) }
    :: atomic { flush(CELL) }
    :: atomic { flush(CELL + 1) }
    :: atomic { flush(CELL + 2) }
    od
}
#else
#define AT_REST true

inline store(v, x)
{
    atomic { reach(v, x) }
}
#endif

inline release(v, x)
{
    atomic { AT_REST -> store(v, x) }
}

active proctype writer()
{
    byte n = 1, size = 0;
    {
        do
        :: n <= BLOCKS ->
            recycled[n - 1] = true;
W1:         store(SEQ, 0);                    /* fault not-voided: skip; */
W2:         atomic { AT_REST -> becoming = n }; /* fault no-release-fence: becoming = n; */
W3:         store(FLAGS, 0);                  /* fault flags-kept: skip; */
            store(COMMITTED, 0);
            store(CRC, 0);
W4:         store(HEAD, n);
W5:         store(CELL, n);
W6:         release(COMMITTED, 1);            /* fault opening-not-committed: skip; */
W7:         release(SEQ, n);                  /* fault seq-relaxed: store(SEQ, n); */
            size = 1;
            do
            :: size <= RECORDS ->
W8:             store(CELL + size, n);        /* fault committed-first: release(COMMITTED, size + 1); store(CELL + size, n); */
W9:             release(COMMITTED, size + 1); /* fault commit-relaxed: store(COMMITTED, size + 1); */
                size++
            :: atomic { last[n] = size; break }
            od;
W10:        store(CRC, 8 * n + size);         /* fault sealed-first: release(FLAGS, 1); store(CRC, 8 * n + size); */
W11:        release(FLAGS, 1);                /* fault seal-relaxed: store(FLAGS, 1); */
            atomic { n++; size = 0 }
        :: else -> break
        od;
        done = true
    } unless { !alive }
}

active proctype death()
{
    if
    :: atomic { !done -> alive = false }
    :: done
    fi
}

/* The reader's loads, a bit each. Of what R4 copies one word is followed, any: nothing is asserted of two. */
#define R1 1
#define R2 2
#define R3 4
#define R4 8
#define R6 16

/* What has happened before a load does. */
#if WEAK
#define BEFORE_R2 (R1)                /* fault seq-not-acquired: #define BEFORE_R2 0 */
#define BEFORE_R3 (R1 + R2)           /* fault flags-not-acquired: #define BEFORE_R3 R1 */
#define BEFORE_R4 (R1 + R2 + R3)      /* fault committed-not-acquired: #define BEFORE_R4 (R1 + R2) */
#define BEFORE_R6 (R1 + R2 + R3 + R4) /* fault no-acquire-fence: #define BEFORE_R6 (R1 + R2 + R3) */
#else
#define BEFORE_R2 (R1)
#define BEFORE_R3 (R1 + R2)
#define BEFORE_R4 (R1 + R2 + R3)
#define BEFORE_R6 (R1 + R2 + R3 + R4)
#endif

#define MAY(load, before) (!(loaded & load) && (loaded & (before)) == (before))

/* What was committed of block n, but for its opening, is there or was recycled. */
#define NOT_LOST(n) (told[n] <= 1 || recycled[n] || s == (n))

inline load(mark, to, v)
{
    to = memory[v];
    loaded = loaded | mark
}

inline load_copy(v)
{
    load(R4, copy, v);
    word = v
}

inline snapshot()
{
    do
    :: atomic { MAY(R1, 0) -> load(R1, s, SEQ); floor = told[s]; assert(NOT_LOST(1) && NOT_LOST(2) && NOT_LOST(3)) } /* [lost] */
    :: atomic { MAY(R2, BEFORE_R2) -> load(R2, f, FLAGS) }
    :: atomic { MAY(R3, BEFORE_R3) -> load(R3, c, COMMITTED) }
    :: atomic { MAY(R4, BEFORE_R4) ->
        if
        :: load_copy(HEAD)
        :: load_copy(CRC)
        :: load_copy(CELL)
        :: load_copy(CELL + 1)
        :: load_copy(CELL + 2)
        fi }
    :: atomic { MAY(R6, BEFORE_R6) -> load(R6, again, SEQ) }
    :: atomic { (loaded & R1) && s == 0 -> break }
    :: atomic { (loaded == R1 + R2 + R3 + R4 + R6) -> accepted = (again == s); break } /* fault seq-checked-once: :: atomic { (loaded == R1 + R2 + R3 + R4 + R6) -> accepted = true; break } */
    od
}

inline assert_whole()
{
    assert(c >= 1 && c >= floor && c <= told[s]);                          /* [prefix] */
    assert(word == CRC || (word >= CELL && word - CELL >= c) || copy == s); /* [torn] */
    assert(!f || (c == last[s] && (word != CRC || copy == 8 * s + c)))      /* [sealed] */
}

inline look()
{
    snapshot();
    atomic {
        if
        :: s > 0 && accepted -> assert_whole()
        :: s > 0 && !accepted -> assert(recycled[s])                        /* [lost] */
        :: s == 0
        fi
    }
}

inline assert_after()
{
    assert(s == 0 || (accepted && c == told[s]));                           /* [after] */
    assert(!alive || (s == BLOCKS && f && c == last[s]))
}

active proctype reader()
{
    byte s, f, c, again, floor, word, copy, loaded;
    bool accepted;
    do
    :: look();
       atomic { s = 0; f = 0; c = 0; again = 0; floor = 0; word = 0; copy = 0; loaded = 0; accepted = false }
    :: (done || !alive) && AT_REST -> break
    od;
    look();
    assert_after()
}
