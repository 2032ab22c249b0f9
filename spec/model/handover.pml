/* SPDX-License-Identifier: MIT
 *
 * handover.pml: the tracer's reader takes the blocks of a thread's ring, while the thread goes on writing them.
 * The steps are those of recorder/src/strand_trace_read.c; W and R are those of block.pml, which shows that a copy that R6
 * accepts is as good as one that is taken at once: so it is taken at once here.
 *
 *     ring   │ 4 sealed │ 5 open │ 3 sealed │        read up to 3: next is 4; 5 when it is full, or as far as it is when
 *                                                    an advance asks for it, and then once more
 *
 * find    looks for the smallest seq above the last one that was read. A writer that laps it may make it see a later block
 *         and not the one before, which had not been there yet when its slot was looked at: so it looks until it finds
 *         the same twice.
 * ready   sealed, or open and asked for, with more in it than was read before
 * copy    R1 … R6; note: read ← its seq, or how much of the open one was read
 *
 * At first the ring holds blocks of the trace before. G1 voids them, G2 says that it is of this trace now. Two readers
 * try; one is refused as long as the other reads. An advance comes at any time, and a stop when the writer is done.
 *
 * Held:  a copy is of this trace, behind those before it, or the open one once more                   [order]
 *        a block that was passed over was recycled                                                    [passed]
 *        what an advance asked for was read, or is overwritten and will be told                       [advance]
 *        in the end  told + read = written  with what the headers' counters tell                      [sum]
 *        one reader at a time                                                                         [one]
 */
#ifndef SLOTS
#define SLOTS 3
#endif
#ifndef EVENTS
#define EVENTS 1 /* of a block, at most; 1 at least */
#endif
#ifndef READERS
#define READERS 1
#endif
#define BLOCKS  (SLOTS + 2)
#define SLOT(n) (((n) - 1) % SLOTS)

typedef block {
    byte seq;
    bool sealed;
    byte committed; /* events */
    byte before;    /* events before this block */
    bool old;       /* of the trace before */
}

block ring[SLOTS];
byte generation = 1; /* of the ring; the trace's is 2 */
bool stopped;
byte advances;
bool reader;

/* The marks: how far the ring was read. */
byte read;
byte open_seq;
byte open_committed;
byte mark_advances;

/* For the assertions: */
byte written;
byte newest;   /* the block with the last of them */
byte asked;    /* how many the advance asked for */
byte asked_in; /* the block with the last of those */
byte position; /* events that were read or told */
byte got;
byte told;
byte latest;   /* seq of the last copy */
byte reading;
bool recycled[BLOCKS + 1];

active proctype writer()
{
    byte n = 1, slot, count;
    atomic { ring[0].seq = 3; ring[0].sealed = true; ring[0].committed = 2; ring[0].old = true };
    do
    :: slot < SLOTS ->
G1:     ring[slot].seq = 0;                           /* fault generation-first: generation = 2; ring[slot].seq = 0; */
        slot++
    :: else -> break
    od;
G2: generation = 2;
    do
    :: n <= BLOCKS ->
        slot = SLOT(n);
        atomic { recycled[(n > SLOTS -> n - SLOTS : 0)] = true; ring[slot].seq = 0 } /* W1 */
        atomic {                                                     /* W3 to W6 */
            ring[slot].sealed = false;
            ring[slot].committed = 0;
            ring[slot].before = written;              /* fault counter-not-told: skip; */
            ring[slot].old = false
        }
        ring[slot].seq = n;                                          /* W7 */
        count = 0;
        do
        :: count < EVENTS -> atomic { ring[slot].committed++; written++; newest = n; count++ } /* W9 */
        :: count > 0 -> break
        od;
        ring[slot].sealed = true;                                    /* W11 */
        n++
    :: else -> break
    od;
    stopped = true
}

active proctype advance()
{
    atomic { advances++; asked = written; asked_in = newest }
}

/* found: the smallest seq above `read`, at: its slot. 0: none. */
inline look_through()
{
    atomic { i = 0; found = 0 };
    do
    :: i < SLOTS ->
        atomic {
            if
            :: ring[i].seq > read && (found == 0 || ring[i].seq < found) -> found = ring[i].seq; at = i
            :: else
            fi;
            i++
        }
    :: else -> break
    od
}

inline find()
{
    do
    :: look_through();
       if
       :: found == seen -> break                      /* fault looked-once: :: break */
       :: else -> seen = found
       fi
    od;
    seen = 0
}

inline account(n, begin, size)
{
    assert(!ring[at].old);                                           /* [order] */
    assert(n > latest || (n == latest && n == open_seq));
    i = latest + 1;
    do
    :: i < n -> assert(recycled[i]); i++                             /* [passed] */
    :: else -> break
    od;
    latest = n;
    if
    :: begin > position -> told = told + begin - position; position = begin
    :: else
    fi;
    assert(begin + size >= position);
    got = got + begin + size - position;
    position = begin + size
}

inline note()
{
    if
    :: ring[at].sealed -> read = found                /* fault open-one-is-read: :: true -> read = found */
    :: !ring[at].sealed -> open_seq = found; open_committed = ring[at].committed
    fi
}

/* status: OK, MORE: nothing yet. */
#define OK   1
#define MORE 2

#define READY (ring[at].sealed || (open_too && MORE_IN_IT)) /* fault open-one-passed: #define READY (ring[at].sealed) */
#define MORE_IN_IT (found != open_seq || ring[at].committed > open_committed)

inline take_next()
{
    do
    :: find();
       if
       :: found == 0 -> status = MORE; break
       :: else
       fi;
       if
       :: READY -> skip
       :: else -> status = MORE; break
       fi;
       if
       :: atomic { ring[at].seq == found -> account(found, ring[at].before, ring[at].committed); note(); status = OK; break } /* fault seq-not-checked: :: atomic { true -> account(found, ring[at].before, ring[at].committed); note(); status = OK; break } */
       :: ring[at].seq != found -> skip /* again */
       fi
    od
}

inline visit()
{
    if
    :: generation != 2 -> status = MORE
    :: else ->
        open_too = was_stopped || mark_advances != was_advances;
        take_next();
        if
        :: status == MORE || (status == OK && open_seq > read) ->
            assert(was_advances == 0 || position >= asked || recycled[asked_in]); /* [advance] */
            mark_advances = was_advances              /* fault advance-forgotten: mark_advances = advances */
        :: else
        fi
    fi
}

active [READERS] proctype reads()
{
    byte i, at, found, seen, status, was_advances;
    bool was_stopped, open_too, mine;
    do
    :: atomic { mine = !reader; reader = true };      /* fault second-reader-not-refused: :: atomic { mine = true; reader = true }; */
       if
       :: !mine -> break /* refused */
       :: else
       fi;
       atomic { reading++; assert(reading == 1) };                   /* [one] */
       was_stopped = stopped;
       was_advances = advances;
       visit();
       if
       :: was_stopped && status == MORE && generation == 2 ->
           assert(told + got == written && position == written);     /* [sum] */
           atomic { reading--; reader = false; break }
       :: else -> atomic { reading--; reader = false; status = 0; found = 0; at = 0; i = 0; open_too = false }
       fi
    od
}
