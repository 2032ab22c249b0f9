/* SPDX-License-Identifier: MIT
 *
 * relay.pml: one thread asks the others for their stacks, by signals. recorder/src/strand_relay.c has the steps.
 *
 *     asker                        question's word                     thread, in its handler
 *     A1 ask      fill in, store   IDLE → REQUESTED
 *                 signal                                               T1 take     swap: REQUESTED → CAPTURING
 *     A2 visit    and store   ←──  CAPTURING → ANSWERED → IDLE         T2 capture, T3 answer
 *     A3 give up  swap             REQUESTED → IDLE                    T4 park     until the round is another
 *     A4 release  the round is another
 *
 * The word also holds the tid. A signal may come at any time after it was sent, or not before everything is over; one
 * that is sent again before it came is one; while its handler runs no other comes. The asker may lose patience at any
 * time. The 10 s that a parked thread waits at the longest are for ever here. Two threads ask, one after the
 * other or at the same time.
 *
 * Held:  what is visited was captured as a whole, by the thread that was asked, for this question         [answer]
 *        who captures has the question for himself: it is nobody else's until he has answered             [late]
 *        one relay at a time; the other asker is refused, and does not wait                               [one]
 *        every parked thread goes on, every asker comes to its end                                  nobody is stuck
 */
#define THREADS 2
#ifndef QUESTIONS
#define QUESTIONS 2
#endif

#define IDLE      0
#define REQUESTED 1
#define CAPTURING 2
#define ANSWERED  3
#define WORD(tid, state) ((tid) * 4 + (state)) /* fault no-tid: #define WORD(tid, state) (state) */

typedef question {
    byte word;
    byte round;
    bool park;
    byte first; /* the stack: begin and end of it. Each holds for which asking it was captured */
    byte rest;
    byte by;     /* which tid captured it */
    byte asking; /* not there in fact: the number of the asking */
}

question questions[QUESTIONS];
byte asker;     /* tid; 0: no relay is under way */
byte round = 1; /* counts releases */
bool signal[THREADS + 1];

byte askings; /* for the assertions: how many there were, and how many ask */
byte asking_now;

inline swap(at, old, new, ret_swapped)
{
    atomic {
        if
        :: at == old -> at = new; ret_swapped = true
        :: else -> ret_swapped = false
        fi
    }
}

inline take()
{
    i = 0;
    do
    :: i < QUESTIONS ->
T1:     swap(questions[i].word, WORD(tid, REQUESTED), WORD(tid, CAPTURING), taken); /* fault taken-without-swap: taken = (questions[i].word == WORD(tid, REQUESTED)); if :: taken -> questions[i].word = WORD(tid, CAPTURING) :: else fi; */
        if
        :: taken -> break
        :: else -> i++
        fi
    :: else -> break
    od
}

inline reply()
{
    atomic { mine = questions[i].asking; my_round = questions[i].round; parks = questions[i].park }
    assert(questions[i].word == WORD(tid, CAPTURING));                           /* [late] */
T2: questions[i].first = mine;                        /* fault answered-first: questions[i].word = WORD(tid, ANSWERED); questions[i].first = mine; */
    atomic { questions[i].rest = mine; questions[i].by = tid }
    assert(questions[i].word == WORD(tid, CAPTURING) && questions[i].asking == mine); /* [late] */
T3: questions[i].word = WORD(tid, ANSWERED);
    if
    :: parks ->
T4:     round != my_round                         /* fault round-of-now: my_round = round; round != my_round */
    :: else
    fi
}

active [THREADS] proctype thread()
{
    byte tid = _pid + 1, i, mine, my_round;
    bool taken, parks;
end:
    do
    :: atomic { signal[tid] -> signal[tid] = false }
       take();
       if
       :: taken -> reply()
       :: else /* the signal was the program's, or came too late */
       fi;
       atomic { i = 0; mine = 0; my_round = 0; taken = false; parks = false }
    od
}

/* IDLE, or answered too late. q is QUESTIONS: there is none. */
inline free_question()
{
    q = 0;
    do
    :: q == QUESTIONS -> break
    :: q < QUESTIONS && (questions[q].word % 4 == IDLE || questions[q].word % 4 == ANSWERED) -> break /* fault taken-one-reused: :: q < QUESTIONS -> break */
    :: q < QUESTIONS && (questions[q].word % 4 == REQUESTED || questions[q].word % 4 == CAPTURING) -> q++
    od
}

inline visit()
{
    assert(questions[q].first == my_asking && questions[q].rest == my_asking && questions[q].by == whom); /* [answer] */
    questions[q].word = IDLE
}

inline ask_thread()
{
    free_question();
    if
    :: q < QUESTIONS ->
        atomic {
            askings++;
            my_asking = askings;
            questions[q].asking = my_asking;
            questions[q].round = round;
            questions[q].park = parking
        }
A1:     questions[q].word = WORD(whom, REQUESTED);
        if
        :: signal[whom] = true
        :: skip /* it has ended */
        fi;
        answered = false;
        if
        :: questions[q].word == WORD(whom, ANSWERED) -> answered = true
        :: true /* no more patience */                /* fault read-unanswered: :: questions[q].word == WORD(whom, CAPTURING) -> answered = true */
        fi;
        if
        :: !answered ->
A3:         atomic {
                swap(questions[q].word, WORD(whom, REQUESTED), IDLE, gave_up); /* fault give-up-without-swap: questions[q].word = IDLE; gave_up = true; */
                answered = (!gave_up && questions[q].word == WORD(whom, ANSWERED))
            }
        :: else
        fi;
        if
        :: answered ->
A2:         visit()
        :: else
        fi
    :: else /* each is with a thread that took it: asked by /proc alone */
    fi
}

inline relay()
{
    swap(asker, 0, me, mine);                         /* fault two-askers: mine = true; */
    if
    :: mine ->
        atomic { asking_now++; assert(asking_now == 1) }                         /* [one] */
        if
        :: parking = true
        :: parking = false
        fi;
        whom = 1;
        do
        :: whom <= THREADS -> ask_thread(); whom++
        :: else -> break
        od;
        asking_now--;
        if
        :: parking ->
A4:         round++;                                  /* fault not-released: skip; */
        :: else
        fi;
        asker = 0
    :: else
    fi
}

active [2] proctype asks()
{
    byte me = _pid + 1, whom, q, my_asking;
    bool mine, parking, answered, gave_up;
    relay()
}
