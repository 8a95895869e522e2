#include "pool.h"

#include <pthread.h>
#include <signal.h>

#define MOST_WORKERS 255
#define STACK_BYTES ((size_t)1 << 20) /* whatever the system's default is */

static pthread_mutex_t caller = PTHREAD_MUTEX_INITIALIZER; /* held by the caller being served */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;   /* guards what follows */
static pthread_cond_t begin = PTHREAD_COND_INITIALIZER, end = PTHREAD_COND_INITIALIZER;
static size_t workers, parts_wanted, next_part, unfinished;
static void (*job)(void *, size_t);
static void *job_context;

/* Takes parts until none is left; the lock is held at entry and exit. */
static void take_parts(void)
{
    while (next_part < parts_wanted) {
        size_t part = next_part++;
        void (*work)(void *, size_t) = job;
        void *context = job_context;
        pthread_mutex_unlock(&lock);
        work(context, part);
        pthread_mutex_lock(&lock);
        if (--unfinished == 0)
            pthread_cond_signal(&end);
    }
}

static void *serve(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (next_part >= parts_wanted)
            pthread_cond_wait(&begin, &lock);
        take_parts();
    }
    return NULL;
}

/* A child process has none of its parent's threads. */
static void forget(void)
{
    pthread_mutex_init(&caller, NULL);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&begin, NULL);
    pthread_cond_init(&end, NULL);
    workers = parts_wanted = next_part = unfinished = 0;
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, forget); }

/* Signals are the main thread's: workers are made with all of them blocked. */
static void hire(size_t wanted)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (; workers < wanted && workers < MOST_WORKERS; workers++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, serve, NULL) != 0)
            break;
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void sov_pool_run(size_t parts, void (*work)(void *context, size_t part), void *context)
{
    if (parts < 2 || pthread_mutex_trylock(&caller) != 0) {
        for (size_t part = 0; part < parts; part++)
            work(context, part);
        return;
    }
    pthread_mutex_lock(&lock);
    if (workers < parts - 1)
        hire(parts - 1);
    job = work;
    job_context = context;
    parts_wanted = unfinished = parts;
    next_part = 0;
    pthread_cond_broadcast(&begin);
    take_parts();
    while (unfinished)
        pthread_cond_wait(&end, &lock);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&caller);
}
