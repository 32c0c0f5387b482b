/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: what the two halves of the qcow2 writer share.
 */
#ifndef ARMVM_DISK_QCOW2_WRITER_H
#define ARMVM_DISK_QCOW2_WRITER_H

#include "disk/qcow2_write.h"

#define QCLUSTER_BITS 16
#define QCLUSTER      (1u << QCLUSTER_BITS)

struct qwriter_deflate;

struct qcow2_writer {
	int fd;
	uint64_t size; /* of the virtual disk */
	uint64_t next; /* the end of the last run: later ones begin here or beyond */
	uint64_t end;  /* of the file; a multiple of QCLUSTER */

	/* The guest cluster placed last, and where; UINT64_MAX: none yet. */
	uint64_t cluster, cluster_at;

	uint32_t l1_entries;
	uint8_t *l1; /* as it will stand in the file */
	uint8_t *l2; /* the table of region l2_region, when l2_used */
	uint64_t l2_region;
	bool l2_used;

	uint16_t *refs; /* for each cluster of the file */
	size_t refs_room;

	bool no_copy_range;              /* copy by reading and writing */
	uint8_t *copy;                   /* the buffer for that; NULL until needed */
	struct qwriter_deflate *deflate; /* NULL: no compression */
};

int qwriter_pwrite(
	struct qcow2_writer *w, const void *bytes, size_t len, uint64_t at, struct err *err);
/* Appends clusters to the file, each with one reference; returns where they begin. */
uint64_t qwriter_allocate(struct qcow2_writer *w, uint64_t clusters);
/* Sets the L2 entry of a guest cluster; they come in ascending order. */
int qwriter_map(struct qcow2_writer *w, uint64_t cluster, uint64_t entry, struct err *err);
/* The same for a cluster of plain data at `at`. */
int qwriter_map_data(struct qcow2_writer *w, uint64_t cluster, uint64_t at, struct err *err);

/* qcow2_deflate.c */
struct qwriter_deflate *qwriter_deflate_new(void);
void qwriter_deflate_free(struct qwriter_deflate *z);
/* Adds bytes to the cluster being collected, and writes it out when another begins. */
int qwriter_collect(
	struct qcow2_writer *w, uint64_t off, const uint8_t *bytes, size_t len, struct err *err);
int qwriter_flush_collected(struct qcow2_writer *w, struct err *err);

#endif
