/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest programs need of UEFI 2.10, written from the specification:
 * a member per service of the tables, in their order (4.3, 4.4, 4.5), and the
 * protocols that the programs ask for. Members that no program calls are void
 * pointers. AArch64 Windows passes integers and pointers as AAPCS64 does, also
 * to variadic functions, so no attribute is needed on the calls.
 */
#ifndef ARMVM_GUEST_EFI_H
#define ARMVM_GUEST_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t char16;
typedef uint64_t efi_status;
typedef void *efi_handle;
typedef void *efi_event;

#define STR16(s) ((const char16 *)L##s)

#define EFI_ERROR(n)            (1ull << 63 | (n))
#define EFI_SUCCESS             0
#define EFI_LOAD_ERROR          EFI_ERROR(1)
#define EFI_INVALID_PARAMETER   EFI_ERROR(2)
#define EFI_UNSUPPORTED         EFI_ERROR(3)
#define EFI_BAD_BUFFER_SIZE     EFI_ERROR(4)
#define EFI_BUFFER_TOO_SMALL    EFI_ERROR(5)
#define EFI_NOT_READY           EFI_ERROR(6)
#define EFI_DEVICE_ERROR        EFI_ERROR(7)
#define EFI_WRITE_PROTECTED     EFI_ERROR(8)
#define EFI_OUT_OF_RESOURCES    EFI_ERROR(9)
#define EFI_VOLUME_CORRUPTED    EFI_ERROR(10)
#define EFI_VOLUME_FULL         EFI_ERROR(11)
#define EFI_NO_MEDIA            EFI_ERROR(12)
#define EFI_MEDIA_CHANGED       EFI_ERROR(13)
#define EFI_NOT_FOUND           EFI_ERROR(14)
#define EFI_ACCESS_DENIED       EFI_ERROR(15)
#define EFI_NOT_STARTED         EFI_ERROR(19)
#define EFI_ALREADY_STARTED     EFI_ERROR(20)
#define EFI_ABORTED             EFI_ERROR(21)
#define EFI_SECURITY_VIOLATION  EFI_ERROR(26)
#define EFI_INVALID_LANGUAGE    EFI_ERROR(32)
#define EFI_WARN_UNKNOWN_GLYPH  1
#define EFI_WARN_DELETE_FAILURE 2

struct guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct table_header {
	uint64_t signature;
	uint32_t revision;
	uint32_t size;
	uint32_t crc32;
	uint32_t reserved;
};

/* 7.2 */
enum allocate_type {
	ALLOCATE_ANY,
	ALLOCATE_MAX,
	ALLOCATE_AT,
	ALLOCATE_TYPES
};
enum memory_type {
	MEM_RESERVED,
	MEM_LOADER_CODE,
	MEM_LOADER_DATA,
	MEM_BOOT_CODE,
	MEM_BOOT_DATA,
	MEM_RUNTIME_CODE,
	MEM_RUNTIME_DATA,
	MEM_CONVENTIONAL,
	MEM_UNUSABLE,
	MEM_ACPI_RECLAIM,
	MEM_ACPI_NVS,
	MEM_MMIO,
	MEM_MMIO_PORTS,
	MEM_PAL,
	MEM_PERSISTENT,
	MEM_UNACCEPTED,
	MEM_TYPES,
};

struct memory_descriptor {
	uint32_t type;
	uint32_t pad;
	uint64_t physical;
	uint64_t virtual;
	uint64_t pages;
	uint64_t attribute;
};
#define MEMORY_WB      8ull
#define MEMORY_RUNTIME (1ull << 63)

/* 7.1 */
#define EVT_TIMER                         0x80000000u
#define EVT_RUNTIME                       0x40000000u
#define EVT_NOTIFY_WAIT                   0x00000100u
#define EVT_NOTIFY_SIGNAL                 0x00000200u
#define EVT_SIGNAL_EXIT_BOOT_SERVICES     0x00000201u
#define EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE 0x60000202u
enum {
	TPL_APPLICATION = 4,
	TPL_CALLBACK = 8,
	TPL_NOTIFY = 16,
	TPL_HIGH_LEVEL = 31
};
enum timer_delay {
	TIMER_CANCEL,
	TIMER_PERIODIC,
	TIMER_RELATIVE,
	TIMER_TYPES
};
typedef void notify_function(efi_event event, void *context);

/* 7.3 */
enum locate_type {
	LOCATE_ALL,
	LOCATE_NOTIFY,
	LOCATE_PROTOCOL
};
#define OPEN_BY_HANDLE 1u
#define OPEN_GET       2u
#define OPEN_TEST      4u
#define OPEN_BY_CHILD  8u
#define OPEN_BY_DRIVER 16u
#define OPEN_EXCLUSIVE 32u

struct open_entry {
	efi_handle agent;
	efi_handle controller;
	uint32_t attributes;
	uint32_t count;
};

struct device_path {
	uint8_t type;
	uint8_t subtype;
	uint8_t length[2];
};

struct time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, pad1;
	uint32_t nanosecond;
	int16_t zone;
	uint8_t daylight, pad2;
};
struct time_capabilities {
	uint32_t resolution, accuracy;
	bool sets_to_zero;
};

enum reset_type {
	RESET_COLD,
	RESET_WARM,
	RESET_SHUTDOWN
};

struct boot_services {
	struct table_header hdr;
	uint64_t (*raise_tpl)(uint64_t tpl);
	void (*restore_tpl)(uint64_t tpl);
	efi_status (*allocate_pages)(unsigned how, unsigned type, uint64_t pages, uint64_t *at);
	efi_status (*free_pages)(uint64_t at, uint64_t pages);
	efi_status (*get_memory_map)(uint64_t *size, void *map, uint64_t *key, uint64_t *desc_size,
		uint32_t *desc_version);
	efi_status (*allocate_pool)(unsigned type, uint64_t size, void **at);
	efi_status (*free_pool)(void *at);
	efi_status (*create_event)(uint32_t type, uint64_t tpl, notify_function *notify,
		void *context, efi_event *event);
	efi_status (*set_timer)(efi_event event, unsigned type, uint64_t time);
	efi_status (*wait_for_event)(uint64_t n, efi_event *events, uint64_t *index);
	efi_status (*signal_event)(efi_event event);
	efi_status (*close_event)(efi_event event);
	efi_status (*check_event)(efi_event event);
	efi_status (*install_protocol)(
		efi_handle *handle, const struct guid *guid, unsigned type, void *interface);
	efi_status (*reinstall_protocol)(
		efi_handle handle, const struct guid *guid, void *old, void *new);
	efi_status (*uninstall_protocol)(
		efi_handle handle, const struct guid *guid, void *interface);
	efi_status (*handle_protocol)(efi_handle handle, const struct guid *guid, void **interface);
	void *reserved;
	efi_status (*register_protocol_notify)(
		const struct guid *guid, efi_event event, void **registration);
	efi_status (*locate_handle)(unsigned how, const struct guid *guid, void *key,
		uint64_t *size, efi_handle *buffer);
	efi_status (*locate_device_path)(
		const struct guid *guid, struct device_path **path, efi_handle *handle);
	efi_status (*install_configuration_table)(const struct guid *guid, void *table);
	efi_status (*load_image)(bool boot_policy, efi_handle parent,
		const struct device_path *path, const void *source, uint64_t size,
		efi_handle *image);
	efi_status (*start_image)(efi_handle image, uint64_t *size, char16 **data);
	efi_status (*exit)(efi_handle image, efi_status status, uint64_t size, char16 *data);
	efi_status (*unload_image)(efi_handle image);
	efi_status (*exit_boot_services)(efi_handle image, uint64_t key);
	efi_status (*get_next_monotonic_count)(uint64_t *count);
	efi_status (*stall)(uint64_t microseconds);
	efi_status (*set_watchdog_timer)(
		uint64_t seconds, uint64_t code, uint64_t size, char16 *data);
	efi_status (*connect_controller)(efi_handle controller, efi_handle *drivers,
		const struct device_path *remaining, bool recursive);
	efi_status (*disconnect_controller)(
		efi_handle controller, efi_handle driver, efi_handle child);
	efi_status (*open_protocol)(efi_handle handle, const struct guid *guid, void **interface,
		efi_handle agent, efi_handle controller, uint32_t attributes);
	efi_status (*close_protocol)(efi_handle handle, const struct guid *guid, efi_handle agent,
		efi_handle controller);
	efi_status (*open_protocol_information)(efi_handle handle, const struct guid *guid,
		struct open_entry **entries, uint64_t *count);
	efi_status (*protocols_per_handle)(
		efi_handle handle, struct guid ***guids, uint64_t *count);
	efi_status (*locate_handle_buffer)(unsigned how, const struct guid *guid, void *key,
		uint64_t *count, efi_handle **buffer);
	efi_status (*locate_protocol)(
		const struct guid *guid, void *registration, void **interface);
	efi_status (*install_multiple)(efi_handle *handle, ...);
	efi_status (*uninstall_multiple)(efi_handle handle, ...);
	efi_status (*calculate_crc32)(const void *data, uint64_t size, uint32_t *crc);
	void (*copy_mem)(void *to, const void *from, uint64_t length);
	void (*set_mem)(void *at, uint64_t size, uint8_t value);
	efi_status (*create_event_ex)(uint32_t type, uint64_t tpl, notify_function *notify,
		const void *context, const struct guid *group, efi_event *event);
};

#define VAR_NV     1u
#define VAR_BS     2u
#define VAR_RT     4u
#define VAR_HW     8u
#define VAR_AUTH   0x10u
#define VAR_TIME   0x20u
#define VAR_APPEND 0x40u

struct runtime_services {
	struct table_header hdr;
	efi_status (*get_time)(struct time *time, struct time_capabilities *capabilities);
	efi_status (*set_time)(const struct time *time);
	efi_status (*get_wakeup_time)(bool *enabled, bool *pending, struct time *time);
	efi_status (*set_wakeup_time)(bool enable, const struct time *time);
	void *set_virtual_address_map, *convert_pointer;
	efi_status (*get_variable)(const char16 *name, const struct guid *vendor,
		uint32_t *attributes, uint64_t *size, void *data);
	efi_status (*get_next_variable_name)(uint64_t *size, char16 *name, struct guid *vendor);
	efi_status (*set_variable)(const char16 *name, const struct guid *vendor,
		uint32_t attributes, uint64_t size, const void *data);
	efi_status (*get_next_high_monotonic_count)(uint32_t *count);
	void (*reset_system)(unsigned type, efi_status status, uint64_t size, const void *data);
	void *update_capsule, *query_capsule_capabilities;
	efi_status (*query_variable_info)(uint32_t attributes, uint64_t *maximum,
		uint64_t *remaining, uint64_t *maximum_variable);
};

/* 12.4 */
struct text_mode {
	int32_t max_mode, mode, attribute, column, row;
	bool cursor;
};
struct text_output {
	efi_status (*reset)(struct text_output *this, bool extended);
	efi_status (*output_string)(struct text_output *this, const char16 *string);
	efi_status (*test_string)(struct text_output *this, const char16 *string);
	efi_status (*query_mode)(
		struct text_output *this, uint64_t mode, uint64_t *columns, uint64_t *rows);
	efi_status (*set_mode)(struct text_output *this, uint64_t mode);
	efi_status (*set_attribute)(struct text_output *this, uint64_t attribute);
	efi_status (*clear_screen)(struct text_output *this);
	efi_status (*set_cursor_position)(struct text_output *this, uint64_t column, uint64_t row);
	efi_status (*enable_cursor)(struct text_output *this, bool visible);
	struct text_mode *mode;
};

/* 12.2, 12.3 */
struct input_key {
	uint16_t scan;
	char16 unicode;
};
struct key_data {
	struct input_key key;
	uint32_t shift;
	uint8_t toggle;
};
struct text_input {
	efi_status (*reset)(struct text_input *this, bool extended);
	efi_status (*read_key)(struct text_input *this, struct input_key *key);
	efi_event wait;
};
struct text_input_ex {
	efi_status (*reset)(struct text_input_ex *this, bool extended);
	efi_status (*read_key)(struct text_input_ex *this, struct key_data *key);
	efi_event wait;
	efi_status (*set_state)(struct text_input_ex *this, uint8_t *toggle);
	efi_status (*register_notify)(struct text_input_ex *this, struct key_data *key,
		efi_status (*notify)(struct key_data *key), void **handle);
	efi_status (*unregister_notify)(struct text_input_ex *this, void *handle);
};

struct configuration_table {
	struct guid guid;
	void *table;
};

struct system_table {
	struct table_header hdr;
	const char16 *vendor;
	uint32_t firmware_revision;
	efi_handle con_in_handle;
	struct text_input *con_in;
	efi_handle con_out_handle;
	struct text_output *con_out;
	efi_handle std_err_handle;
	struct text_output *std_err;
	struct runtime_services *runtime;
	struct boot_services *boot;
	uint64_t n_tables;
	struct configuration_table *tables;
};

/* 9.1 */
struct loaded_image {
	uint32_t revision;
	efi_handle parent;
	struct system_table *system;
	efi_handle device;
	struct device_path *path;
	void *reserved;
	uint32_t options_size;
	void *options;
	void *base;
	uint64_t size;
	uint32_t code_type, data_type;
	efi_status (*unload)(efi_handle image);
};

/* 11.1 */
struct driver_binding {
	efi_status (*supported)(
		struct driver_binding *this, efi_handle controller, struct device_path *remaining);
	efi_status (*start)(
		struct driver_binding *this, efi_handle controller, struct device_path *remaining);
	efi_status (*stop)(struct driver_binding *this, efi_handle controller, uint64_t n_children,
		efi_handle *children);
	uint32_t version;
	efi_handle image;
	efi_handle driver;
};

/* 13.9, 13.7 */
struct block_media {
	uint32_t id;
	bool removable, present, partition, read_only, caching;
	uint32_t block_size, io_align;
	uint64_t last;
	uint64_t lowest_aligned;
	uint32_t logical_per_physical, optimal;
};
struct block_io {
	uint64_t revision;
	struct block_media *media;
	efi_status (*reset)(struct block_io *this, bool extended);
	efi_status (*read)(
		struct block_io *this, uint32_t media, uint64_t lba, uint64_t size, void *buffer);
	efi_status (*write)(struct block_io *this, uint32_t media, uint64_t lba, uint64_t size,
		const void *buffer);
	efi_status (*flush)(struct block_io *this);
};
/* 13.10: a token without event asks to wait. */
struct io_token {
	efi_event event;
	efi_status status;
};
struct block_io2 {
	struct block_media *media;
	efi_status (*reset)(struct block_io2 *this, bool extended);
	efi_status (*read)(struct block_io2 *this, uint32_t media, uint64_t lba,
		struct io_token *token, uint64_t size, void *buffer);
	efi_status (*write)(struct block_io2 *this, uint32_t media, uint64_t lba,
		struct io_token *token, uint64_t size, const void *buffer);
	efi_status (*flush)(struct block_io2 *this, struct io_token *token);
};
struct disk_io {
	uint64_t revision;
	efi_status (*read)(
		struct disk_io *this, uint32_t media, uint64_t offset, uint64_t size, void *buffer);
	efi_status (*write)(struct disk_io *this, uint32_t media, uint64_t offset, uint64_t size,
		const void *buffer);
};
struct disk_io2 {
	uint64_t revision;
	efi_status (*cancel)(struct disk_io2 *this);
	efi_status (*read)(struct disk_io2 *this, uint32_t media, uint64_t offset,
		struct io_token *token, uint64_t size, void *buffer);
	efi_status (*write)(struct disk_io2 *this, uint32_t media, uint64_t offset,
		struct io_token *token, uint64_t size, const void *buffer);
	efi_status (*flush)(struct disk_io2 *this, struct io_token *token);
};

/* 13.4, 13.5 */
#define FILE_READ      1ull
#define FILE_WRITE     2ull
#define FILE_CREATE    (1ull << 63)
#define FILE_READ_ONLY 1ull
#define FILE_HIDDEN    2ull
#define FILE_DIRECTORY 0x10ull
#define FILE_ARCHIVE   0x20ull
struct file_token {
	efi_event event;
	efi_status status;
	uint64_t size;
	void *buffer;
};
struct file {
	uint64_t revision;
	efi_status (*open)(struct file *this, struct file **out, const char16 *name, uint64_t mode,
		uint64_t attributes);
	efi_status (*close)(struct file *this);
	efi_status (*delete)(struct file *this);
	efi_status (*read)(struct file *this, uint64_t *size, void *buffer);
	efi_status (*write)(struct file *this, uint64_t *size, const void *buffer);
	efi_status (*get_position)(struct file *this, uint64_t *position);
	efi_status (*set_position)(struct file *this, uint64_t position);
	efi_status (*get_info)(
		struct file *this, const struct guid *type, uint64_t *size, void *info);
	efi_status (*set_info)(
		struct file *this, const struct guid *type, uint64_t size, void *info);
	efi_status (*flush)(struct file *this);
	/* from revision 2 on */
	efi_status (*open_ex)(struct file *this, struct file **out, const char16 *name,
		uint64_t mode, uint64_t attributes, struct file_token *token);
	efi_status (*read_ex)(struct file *this, struct file_token *token);
	efi_status (*write_ex)(struct file *this, struct file_token *token);
	efi_status (*flush_ex)(struct file *this, struct file_token *token);
};
struct file_system {
	uint64_t revision;
	efi_status (*open_volume)(struct file_system *this, struct file **root);
};
struct file_info {
	uint64_t size, file_size, physical_size;
	struct time created, accessed, modified;
	uint64_t attribute;
	char16 name[];
};
struct file_system_info {
	uint64_t size;
	bool read_only;
	uint64_t volume_size, free_space;
	uint32_t block_size;
	char16 label[];
};

/* 10.6 */
struct path_to_text {
	char16 *(*node)(const struct device_path *node, bool display, bool shortcuts);
	char16 *(*path)(const struct device_path *path, bool display, bool shortcuts);
};
struct path_from_text {
	struct device_path *(*node)(const char16 *text);
	struct device_path *(*path)(const char16 *text);
};
struct path_utilities {
	uint64_t (*size)(const struct device_path *path);
	struct device_path *(*duplicate)(const struct device_path *path);
	struct device_path *(*append)(const struct device_path *a, const struct device_path *b);
	struct device_path *(*append_node)(
		const struct device_path *path, const struct device_path *node);
	struct device_path *(*append_instance)(
		const struct device_path *path, const struct device_path *instance);
	struct device_path *(*next_instance)(struct device_path **path, uint64_t *size);
	bool (*is_multi_instance)(const struct device_path *path);
	struct device_path *(*create_node)(uint8_t type, uint8_t subtype, uint16_t length);
};

/* 13.1, 13.2 */
struct load_file {
	efi_status (*load)(struct load_file *this, const struct device_path *path, bool boot_policy,
		uint64_t *size, void *buffer);
};

/* 13.13 */
struct unicode_collation {
	int64_t (*compare)(struct unicode_collation *this, const char16 *a, const char16 *b);
	bool (*match)(struct unicode_collation *this, const char16 *string, const char16 *pattern);
	void (*lower)(struct unicode_collation *this, char16 *string);
	void (*upper)(struct unicode_collation *this, char16 *string);
	void (*from_fat)(
		struct unicode_collation *this, uint64_t size, const char *fat, char16 *out);
	bool (*to_fat)(
		struct unicode_collation *this, const char16 *string, uint64_t size, char *fat);
	char *languages;
};

/* 37.5 */
struct rng {
	efi_status (*get_info)(struct rng *this, uint64_t *size, struct guid *algorithms);
	efi_status (*get)(
		struct rng *this, const struct guid *algorithm, uint64_t size, void *value);
};

extern const struct guid guid_loaded_image, guid_loaded_image_path, guid_device_path, guid_block_io,
	guid_disk_io, guid_file_system, guid_file_info, guid_file_system_info, guid_volume_label,
	guid_text_input, guid_text_input_ex, guid_text_output, guid_driver_binding,
	guid_path_to_text, guid_path_from_text, guid_path_utilities, guid_unicode_collation2,
	guid_rng, guid_global_variable, guid_block_io2, guid_load_file, guid_load_file2;
/* Groups of events (7.1.4). */
extern const struct guid guid_exit_boot_services, guid_memory_map_change, guid_ready_to_boot;
/* These tests' own, which nobody else has: protocols, groups, vendors. */
extern const struct guid guid_own, guid_own2, guid_own3, guid_nobody;

#endif
