/* Which owner was on top of each point of the layout, in every frame of the last moments.
 *
 * A walk over the scene at each frame notes the rectangles that are drawn and whose they are, and
 * keeps a picture of them only when it differs from the one before. Knows no header of wlroots: the
 * places of fields come from the caller.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NODE_TREE, NODE_RECT, NODE_BUFFER };
#define MOST_PICTURES 1024
#define MOST_AREAS 65536
#define MOST_DEPTH 256

struct scene_fields {
    size_t type, enabled, x, y, data, link; /* of struct wlr_scene_node */
    size_t children;                        /* of struct wlr_scene_tree */
    size_t rect_width, rect_height;         /* of struct wlr_scene_rect */
    size_t buffer_width, buffer_height;     /* dst_… of struct wlr_scene_buffer */
};

struct area { int x, y, right, bottom; uintptr_t owner; };
struct picture { uint64_t since; int count; struct area *areas; };
struct list { struct list *previous, *next; }; /* struct wl_list */

static struct scene_fields fields;
static void *seen_root, *seen_skipped;
static struct picture pictures[MOST_PICTURES];
static int picture_count;
static struct area *walked;
static int walked_count, walked_room, walk_overflows;

#define FIELD(object, offset, type) (*(type *)((char *)(object) + (offset)))

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void seen_forget(void) {
    while (picture_count)
        free(pictures[--picture_count].areas);
}

/* The scene to look at: struct wlr_scene_node * of its root, and of a tree in it that is passed
 * over. An owner is what the nearest tree around has in `data`. */
static void seen_setup(const struct scene_fields *places, uintptr_t root, uintptr_t skipped) {
    fields = *places;
    seen_root = (void *)root;
    seen_skipped = (void *)skipped;
    seen_forget();
}

static void note(int x, int y, int width, int height, uintptr_t owner) {
    if (width <= 0 || height <= 0)
        return;
    if (walked_count == walked_room) {
        int room = walked_room ? 2 * walked_room : 256;
        struct area *larger = room > MOST_AREAS ? NULL : realloc(walked, room * sizeof *larger);
        if (!larger) {
            walk_overflows = 1;
            return;
        }
        walked = larger;
        walked_room = room;
    }
    struct area *area = &walked[walked_count++];
    /* All bytes: pictures are compared as memory. */
    memset(area, 0, sizeof *area);
    area->x = x;
    area->y = y;
    area->right = x + width;
    area->bottom = y + height;
    area->owner = owner;
}

static void walk(void *node, int x, int y, uintptr_t owner, int depth) {
    if (node == seen_skipped || !FIELD(node, fields.enabled, _Bool))
        return;
    x += FIELD(node, fields.x, int);
    y += FIELD(node, fields.y, int);
    switch (FIELD(node, fields.type, int)) {
    case NODE_TREE: {
        uintptr_t own = (uintptr_t)FIELD(node, fields.data, void *);
        struct list *head = &FIELD(node, fields.children, struct list);
        if (depth == MOST_DEPTH) {
            walk_overflows = 1;
            return;
        }
        for (struct list *link = head->next; link != head; link = link->next)
            walk((char *)link - fields.link, x, y, own ? own : owner, depth + 1);
        return;
    }
    case NODE_RECT:
        note(x, y, FIELD(node, fields.rect_width, int), FIELD(node, fields.rect_height, int), owner);
        return;
    case NODE_BUFFER:
        note(x, y, FIELD(node, fields.buffer_width, int), FIELD(node, fields.buffer_height, int),
             owner);
        return;
    }
}

/* Note what is drawn now, and forget what was replaced more than `keep` milliseconds ago. Returns 0
 * when there was too much to note. */
static int seen_record(uint64_t keep) {
    uint64_t now = now_ms();
    walked_count = walk_overflows = 0;
    walk(seen_root, 0, 0, 0, 0);
    if (walk_overflows)
        return 0;
    struct picture *last = picture_count ? &pictures[picture_count - 1] : NULL;
    size_t size = walked_count * sizeof *walked;
    if (last && last->count == walked_count &&
        (!size || !memcmp(last->areas, walked, size)))
        return 1;
    int old = 0;
    while (old + 1 < picture_count && pictures[old + 1].since + keep <= now)
        free(pictures[old++].areas);
    picture_count -= old;
    memmove(pictures, pictures + old, picture_count * sizeof *pictures);
    struct area *areas = malloc(size ? size : 1);
    if (!areas || picture_count == MOST_PICTURES) {
        free(areas);
        return 0;
    }
    memcpy(areas, walked, size);
    pictures[picture_count++] = (struct picture){ now, walked_count, areas };
    return 1;
}

/* Who was on top of a point of the layout at any time of the last `within` milliseconds: fills
 * `owners` with each once, and returns how many; `room` + 1 when there were more. */
static int seen_owners(int x, int y, uint64_t within, uintptr_t *owners, int room) {
    uint64_t now = now_ms();
    int found = 0;
    for (int i = picture_count - 1; i >= 0; i--) {
        uintptr_t owner = 0;
        for (int j = pictures[i].count - 1; j >= 0; j--) {
            const struct area *area = &pictures[i].areas[j];
            if (x >= area->x && x < area->right && y >= area->y && y < area->bottom) {
                owner = area->owner;
                break;
            }
        }
        int known = 0;
        for (int j = 0; j < found; j++)
            known |= owners[j] == owner;
        if (!known) {
            if (found == room)
                return room + 1;
            owners[found++] = owner;
        }
        if (pictures[i].since + within <= now)
            break;
    }
    return found;
}
