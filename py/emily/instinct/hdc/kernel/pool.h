/* Worker threads that are made once and wait for work. */
#ifndef SOV_POOL_H
#define SOV_POOL_H

#include <stddef.h>

/* Calls work(context, part) for every part below `parts`, on as many threads, the caller's among
   them. When the threads are busy with another caller's work or cannot be made, the caller's thread
   does it all. */
void sov_pool_run(size_t parts, void (*work)(void *context, size_t part), void *context);

#endif
