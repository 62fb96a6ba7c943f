/* What libntfs-3g takes from a POSIX host and MinGW-w64 lacks, included before each
 * of its files (gcc -include).  No line of its own source is changed; docs/windows.md
 * has the commands.  Users and groups of the host aren't known there: a volume that
 * is mounted without a user mapping, as drydock mounts it, asks for none. */

#pragma once

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#define __timespec_defined 1 /* ntfstime.h would define struct timespec again. */
#define HAVE_DAEMON 1        /* Its own daemon() forks; nothing of the library's. */

#define S_IFLNK 0120000
#define S_IFSOCK 0140000
#define S_ISLNK(mode) (((mode)&S_IFMT) == S_IFLNK)
#define S_ISVTX 01000
#define S_ISUID 04000
#define S_ISGID 02000

#define major(device) 0
#define minor(device) 0
#define makedev(major, minor) 0

typedef unsigned uid_t;
typedef unsigned gid_t;
struct passwd {
  char *pw_name;
  uid_t pw_uid;
  gid_t pw_gid;
};
struct group {
  char *gr_name;
  gid_t gr_gid;
  char **gr_mem;
};
static inline struct passwd *getpwnam(const char *name) { return (void)name, NULL; }
static inline struct passwd *getpwuid(uid_t uid) { return (void)uid, NULL; }
static inline struct group *getgrnam(const char *name) { return (void)name, NULL; }
static inline struct group *getgrgid(gid_t gid) { return (void)gid, NULL; }
static inline uid_t getuid(void) { return 0; }
static inline gid_t getgid(void) { return 0; }

static inline long random(void) { return rand(); }
static inline void srandom(unsigned seed) { srand(seed); }
