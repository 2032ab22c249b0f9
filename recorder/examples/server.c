/* SPDX-License-Identifier: MIT
 *
 * server.c: a server that is killed. It keeps keys and values for its clients, logs what it does, and runs until somebody
 * ends it:
 *
 *     STRAND_DIR=logs server &      sleep 1; kill -9 $!; logcat-merge logs | tail       its last moments are there
 *     STRAND_DIR=logs server --bug                      its worker crashes; so are they, with every thread's stack
 *
 * Four workers serve a connection each; their clients live in the same program and talk to them over sockets. A timer's
 * signal handler logs, too, wherever it interrupts. What logging needs is the include below and the calls.
 */
#define _GNU_SOURCE
#include "strand_recorder.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WORKERS 4
#define KEYS 64
#define TEXT 64
#define BUG_AFTER 20000 // requests

struct request {
    char verb[4]; // "get", "set", "del"
    unsigned key;
    char value[TEXT];
};

struct entry {
    pthread_mutex_t lock;
    char *value;
};

static struct entry store[KEYS];
static bool has_bug;
static unsigned long served;

// ---------------------------------------------------------------------------------------------------------------
// The server

static void set(int key, const char *value)
{
    struct entry *entry = &store[key];
    const size_t len = strlen(value);
    free(entry->value);
    entry->value = strdup(value);
    strand_log("stored", key, len);
}

static size_t get(int key)
{
    const char *value = store[key].value;
    const size_t len = value != NULL ? strlen(value) : 0;
    strand_log("found", key, len);
    return len;
}

static void del(int key)
{
    char *value = store[key].value;
    strand_log("deleting", key, (const void *)value);
    if (value != NULL || has_bug) { // with the bug it forgets that a key may not be there
        const int first = value[0];
        free(value);
        store[key].value = NULL;
        strand_log("deleted", key, first);
    }
}

static size_t handle(const struct request *request)
{
    const int key = (int)(request->key % KEYS);
    size_t len = 0;
    pthread_mutex_lock(&store[key].lock);
    switch (request->verb[0]) {
    case 's': set(key, request->value); break;
    case 'g': len = get(key); break;
    default: del(key); break;
    }
    pthread_mutex_unlock(&store[key].lock);
    return len;
}

// The timer's signal comes to threads that have a name: a logger keeps that of its thread's first record.
static void let_timer(int how)
{
    sigset_t timer;
    sigemptyset(&timer);
    sigaddset(&timer, SIGALRM);
    pthread_sigmask(how, &timer, NULL);
}

static void *serve(void *argument)
{
    const int fd = *(const int *)argument;
    struct request request;
    char name[16];
    snprintf(name, sizeof name, "worker %d", fd);
    pthread_setname_np(pthread_self(), name);
    let_timer(SIG_UNBLOCK);
    strand_log("connected", fd);
    while (read(fd, &request, sizeof request) == (ssize_t)sizeof request) {
        const size_t len = handle(&request);
        const unsigned long count = __atomic_add_fetch(&served, 1, __ATOMIC_RELAXED);
        const char *verb = request.verb;
        strand_log("served", verb, len, count);
        if (write(fd, &len, sizeof len) < 0) {
            strand_log_level(17, "client is gone", fd);
            break;
        }
    }
    return NULL;
}

static void on_timer(int number)
{
    const unsigned long count = __atomic_load_n(&served, __ATOMIC_RELAXED);
    (void)number;
    strand_log("still serving", count);
}

// ---------------------------------------------------------------------------------------------------------------
// Its clients

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void *ask(void *argument)
{
    const int fd = *(const int *)argument;
    unsigned state = (unsigned)fd;
    struct request request = {.verb = "set"};
    size_t len;
    pthread_setname_np(pthread_self(), "client");
    for (unsigned i = 0; i < KEYS; i++) { // so that there is something to delete
        request.key = i;
        memset(request.value, 'a' + (int)(i % 26), i % (TEXT - 1));
        if (write(fd, &request, sizeof request) < 0 || read(fd, &len, sizeof len) <= 0) {
            return NULL;
        }
    }
    for (;;) {
        const bool may_delete = __atomic_load_n(&served, __ATOMIC_RELAXED) > BUG_AFTER;
        const unsigned dice = next_random(&state) % 100;
        memcpy(request.verb, dice < 70 ? "get" : dice < 95 || !may_delete ? "set" : "del", sizeof request.verb);
        request.key = next_random(&state) % KEYS;
        if (write(fd, &request, sizeof request) < 0 || read(fd, &len, sizeof len) <= 0) {
            return NULL;
        }
    }
}

static void connect_one(void)
{
    static int ends[WORKERS][2];
    static int count;
    pthread_t id;
    int *pair = ends[count++];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pthread_create(&id, NULL, serve, &pair[0]) != 0 ||
        pthread_create(&id, NULL, ask, &pair[1]) != 0) {
        perror("server");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    has_bug = argc > 1 && strcmp(argv[1], "--bug") == 0;
    const int pid = (int)getpid();
    strand_log("starting", pid, has_bug);
    for (int i = 0; i < KEYS; i++) {
        pthread_mutex_init(&store[i].lock, NULL);
    }
    let_timer(SIG_BLOCK);
    for (int i = 0; i < WORKERS; i++) {
        connect_one();
    }
    let_timer(SIG_UNBLOCK);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (;;) {
        pause();
    }
}
