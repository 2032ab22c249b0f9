/* SPDX-License-Identifier: MIT
 *
 * pool.pml: threads, and signal handlers that interrupt them anywhere, take loggers from one list and log.
 * The steps are those of recorder/src/strand_pool.c and strand_logger.c, and of claim and release in strand_writer.c.
 *
 *     first → 3 → 1                     the list: pushed at the front, never taken out
 *     log of a thread → 3 → 2           its logger, and the spares that its handlers use
 *
 *     take-free   owner 0 → tid         make         a new one, then push
 *     take-over   owner gone → tid      take-spare   the one in static memory, then push
 *
 * A thread and its handlers are frames: processes with one tid, of which the innermost that has begun goes on alone. So a
 * handler that waited for what it interrupted would be stuck. The threads may come to their end between any two steps.
 * At first the list holds one logger, of a thread that is gone.
 *
 * Held:  a logger is taken from nobody, or from a thread that has ended                               [owner]
 *        a frame that writes is the only one that does, and of the thread that owns the logger        [writer]
 *        every logger that was pushed stands in the list, once                                        [list]
 *        a thread finds what it owns again: as its log, or behind it; but for what was left busy      [chain]
 *        nobody waits                                                                       nobody is stuck
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef HANDLERS
#define HANDLERS 1 /* signals that come, in all */
#endif
#ifndef MAPPINGS
#define MAPPINGS 2 /* loggers that there is memory for */
#endif
#define DEPTH  (HANDLERS + 1)
#define GONE   (THREADS + 1) /* a tid of before */
#define TIDS   (THREADS + 2)
#define FRAMES (1 + THREADS * (DEPTH + 1))

/* Loggers: 1 is in the list at first, 2 is the one in static memory, 3 and up are mapped. */
#define NONE    0 /* of a thread's log: the stand-in */
#define SPARE   2
#define LOGGERS 5

byte owner[LOGGERS];
byte next[LOGGERS];
byte spare[LOGGERS];
bool open[LOGGERS];
byte first = 1;
byte mapped;
bool spare_pushed;

byte log[TIDS];
byte depth[TIDS]; /* the frame that runs */
bool ended[TIDS];

/* For the assertions: */
byte holder[LOGGERS];
byte writing[LOGGERS];
bool pushed[LOGGERS];

inline swap(at, old, new) /* swapped: whether it did */
{
    atomic {
        if
        :: at == old -> at = new; swapped = true
        :: else -> swapped = false
        fi
    }
}

inline swap_owner(old)
{
    atomic {
        if
        :: owner[l] == old ->
            owner[l] = tid;
            assert(holder[l] == 0 || ended[holder[l]]);              /* [owner] */
            holder[l] = tid;
            if
            :: !open[l] -> got = l                                   /* fault busy-one-taken: :: got = l */
            :: else /* stays with who finds that out */
            fi
        :: else
        fi
    }
}

inline take_there()
{
    l = first;
    do
    :: got == NONE && l != NONE ->
        if
        :: owner[l] == 0 ->
take_free:  swap_owner(0)                             /* fault free-one-not-swapped: owner[l] = tid; atomic { assert(holder[l] == 0 || ended[holder[l]]); holder[l] = tid; got = l } */
        :: else
        fi;
        l = next[l]
    :: else -> break
    od;
    l = first;
    do
    :: got == NONE && l != NONE ->
        was = owner[l];
        if
        :: was != 0 && was != tid && ended[was] ->                   /* fault living-one-robbed: :: was != 0 && was != tid -> */
take_over:  swap_owner(was)                           /* fault dead-one-not-swapped: owner[l] = tid; atomic { assert(holder[l] == 0 || ended[holder[l]]); holder[l] = tid; got = l } */
        :: else
        fi;
        atomic { l = next[l]; was = 0 }
    :: else -> break
    od;
    l = NONE
}

/* A frame writes to a logger that it has claimed. */
inline write(to)
{
    atomic { assert(writing[to] == 0 && owner[to] == tid); writing[to]++ } /* [writer] */
    writing[to]--
}

inline hand_over()
{
    spare[got] = NONE;
    open[got] = true;
    write(got);
    open[got] = false
}

inline push()
{
    next[got] = first;
    do
    :: atomic {
           swap(first, next[got], got);               /* fault push-not-swapped: skip }; atomic { first = got; swapped = true; */
           pushed[got] = pushed[got] || swapped
       }
       if
       :: swapped -> break
       :: else -> next[got] = first
       fi
    od
}

inline take_spare()
{
    swap(spare_pushed, false, true);
    if
    :: swapped -> got = SPARE; owner[SPARE] = tid; holder[SPARE] = tid
    :: else
    fi
}

inline take()
{
    got = NONE;
    take_there();
    if
    :: got != NONE -> hand_over()
    :: else ->
        if
        :: atomic { mapped < MAPPINGS -> mapped++; got = SPARE + mapped; owner[got] = tid; holder[got] = tid }
        :: mapped == MAPPINGS -> take_spare()                        /* fault spare-taken-twice: :: mapped == MAPPINGS -> got = SPARE; owner[SPARE] = tid */
        fi;
        if
        :: got != NONE -> hand_over(); push()
        :: else
        fi
    fi
}

/* Puts got in front of the spares of w. */
inline add_spare(w)
{
    spare[got] = spare[w];
    do
    :: swap(spare[w], spare[got], got);               /* fault spare-not-swapped: :: spare[w] = got; swapped = true; */
       if
       :: swapped -> break
       :: else -> spare[got] = spare[w]
       fi
    od
}

inline link_first()
{
    swap(log[tid], NONE, got);                        /* fault log-not-swapped: swapped = (log[tid] == NONE); if :: swapped -> log[tid] = got :: else fi; */
    if
    :: !swapped -> add_spare(log[tid])
    :: else
    fi
}

/* The writer that the record goes to; it is claimed then. NONE: refused and counted. */
inline claim_one()
{
    w = log[tid];
    if
    :: w == NONE ->
        take();
        if
        :: got != NONE -> link_first()
        :: else
        fi;
        to = got
    :: w != NONE && !open[w] -> to = w                /* fault claimed-although-open: :: w != NONE -> to = w */
    :: w != NONE && open[w] ->
        to = spare[w];
        do
        :: to != NONE && open[to] -> to = spare[to]                  /* claim-spare */
        :: else -> break
        od;
        if
        :: to == NONE ->
            take();
            if
            :: got != NONE -> add_spare(w)
            :: else
            fi;
            to = got
        :: else
        fi
    fi;
    if
    :: to != NONE -> open[to] = true
    :: else
    fi
}

inline record()
{
    claim_one();
    if
    :: to != NONE ->
        write(to);
        open[to] = false                                             /* release */
    :: else
    fi;
    atomic { w = 0; to = 0; got = 0; swapped = false }
}

/* By a thread that is at no record. */
inline give()
{
    w = log[tid];
    log[tid] = NONE;
    do
    :: w != NONE ->
        to = spare[w];
        atomic { owner[w] = 0; holder[w] = 0 };                      /* give */
        w = to
    :: else -> break
    od;
    to = 0
}

#define IN_CHAIN(l) (log[tid] == l || spare[log[tid]] == l || spare[spare[log[tid]]] == l || spare[spare[spare[log[tid]]]] == l)
#define FOUND(l)    (holder[l] != tid || open[l] || IN_CHAIN(l))

byte tid_of[FRAMES]; /* by pid, where spin wants it */
byte level_of[FRAMES];

#define RUNS (depth[tid_of[_pid]] == level_of[_pid] || ended[tid_of[_pid]])

inline start(who)
{
    depth[who]++;
    child = run frame(who, depth[who]);
    tid_of[child] = who;
    level_of[child] = depth[who]
}

proctype frame(byte tid; byte level) provided (RUNS)
{
    byte w, to, l, got, was;
    bool swapped;
    {
        record();
        if
        :: level == 1 ->
            assert(FOUND(1) && FOUND(2) && FOUND(3) && FOUND(4));    /* [chain] */
            if
            :: give()
            :: skip
            fi;
            ended[tid] = true
        :: else -> depth[tid]--
        fi
    } unless { ended[tid] }
}

/* Signals come, and threads end, at any time. */
proctype fate(byte tid)
{
    byte level = 1, child;
    do
    :: atomic { level < DEPTH && tid == 1 && !ended[tid] -> level++; start(tid) }
    :: atomic { !ended[tid] -> ended[tid] = true }
    :: ended[tid] -> break
    od
}

inline assert_list()
{
    l = first;
    count = 0;
    do
    :: l != NONE && count < LOGGERS -> assert(pushed[l]); pushed[l] = false; l = next[l]; count++
    :: else -> break
    od;
    assert(!pushed[1] && !pushed[2] && !pushed[3] && !pushed[4])     /* [list] */
}

init
{
    byte l, count, child;
    atomic {
        owner[1] = GONE;
        holder[1] = GONE;
        ended[GONE] = true;
        pushed[1] = true;
        count = 1;
        do
        :: count <= THREADS -> start(count); run fate(count); count++
        :: else -> break
        od;
        count = 0
    }
    atomic { timeout -> assert_list() }
}
