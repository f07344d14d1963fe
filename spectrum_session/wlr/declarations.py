"""Declares, once, all of wlroots, libwayland, libxkbcommon and pixman that the compositor uses.

Both providers are built from this file: the one for the system's wlroots hands it to a C compiler,
which fills in every `struct` that is only partly listed; the one for the wheel, where no headers
are at hand, lays the structs out by the table in `wheel_layout.py`. Only what is used is listed.
Signals are no fields here: `SIGNALS` names each with the type of its argument.
"""

from __future__ import annotations

ENUMS = """
enum wlr_log_importance { WLR_SILENT = 0, WLR_ERROR = 1, WLR_INFO = 2, WLR_DEBUG = 3 };
"""

TYPES = """
struct wl_list { struct wl_list *prev; struct wl_list *next; };
struct wl_signal { struct wl_list listener_list; };
struct wl_listener { struct wl_list link; void (*notify)(struct wl_listener *, void *); };
struct wl_array { size_t size; size_t alloc; void *data; };
struct wl_message { const char *name; const char *signature; const struct wl_interface **types; };
struct wl_interface { const char *name; int version; int method_count;
    const struct wl_message *methods; int event_count; const struct wl_message *events; };
union wl_argument { int32_t i; uint32_t u; const char *s; struct wl_object *o; uint32_t n; };
struct wl_display; struct wl_client; struct wl_global; struct wl_resource; struct wl_event_loop;
struct timespec { long tv_sec; long tv_nsec; };
struct itimerspec { struct timespec it_interval; struct timespec it_value; };
struct wlr_box { int x, y; int width, height; };
struct wlr_fbox { double x, y; double width, height; };
struct xkb_context; struct xkb_keymap; struct xkb_state;
struct xkb_rule_names { const char *rules; const char *model; const char *layout;
    const char *variant; const char *options; };
struct pixman_box32 { int32_t x1, y1, x2, y2; };
struct pixman_region32 { struct pixman_box32 extents; ...; };
struct wlr_renderer; struct wlr_allocator; struct wlr_session; struct wlr_presentation;
struct wlr_idle_notifier_v1; struct wlr_scene_output_layout;
struct wlr_scene_output_state_options; struct wlr_single_pixel_buffer_manager_v1;
"""

# One struct a line group: `name: fields;`. `...` stands for what is not used.
STRUCTS: dict[str, str] = {
    "wlr_backend": "",
    "wlr_session": "bool active;",
    "wlr_compositor": "struct wl_global *global;",
    "wlr_output_mode": "int32_t width; int32_t height; int32_t refresh;"
    " struct wl_list link;",
    "wlr_output_state": "uint32_t committed; bool enabled; float scale; int transform;"
    " struct wlr_output_mode *mode;",
    "wlr_output": "struct wl_global *global; char *name; char *description; char *make;"
    " char *model; char *serial;"
    " struct wl_list modes; int32_t width; int32_t height;"
    " int32_t refresh; bool enabled; float scale; int transform; bool frame_pending;"
    " void *data;",
    "wlr_output_event_present": "bool presented; uint32_t flags;",
    "wlr_output_event_request_state": "struct wlr_output *output;"
    " const struct wlr_output_state *state;",
    "wlr_output_layout": "struct wl_list outputs;",
    "wlr_output_layout_output": "struct wlr_output *output; int x; int y;",
    "wlr_scene_node": "int type; struct wlr_scene_tree *parent; bool enabled; int x; int y;"
    " void *data; struct wl_list link;",
    "wlr_scene_tree": "struct wlr_scene_node node; struct wl_list children;",
    "wlr_scene": "struct wlr_scene_tree tree;",
    "wlr_scene_rect": "struct wlr_scene_node node; int width; int height;",
    "wlr_scene_buffer": "struct wlr_scene_node node; struct wlr_buffer *buffer;"
    " struct wlr_fbox src_box; int dst_width; int dst_height;",
    "wlr_scene_surface": "struct wlr_scene_buffer *buffer; struct wlr_surface *surface;",
    "wlr_scene_output": "struct wlr_output *output;",
    "wlr_scene_layer_surface_v1": "struct wlr_scene_tree *tree;"
    " struct wlr_layer_surface_v1 *layer_surface;",
    "wlr_buffer": "int width; int height;",
    "wlr_texture": "uint32_t width; uint32_t height;",
    "wlr_surface_state": "uint32_t committed; struct wlr_buffer *buffer; int width; int height;"
    " int buffer_width; int buffer_height; int transform; int32_t dx; int32_t dy;"
    " struct wl_list subsurfaces_below; struct wl_list subsurfaces_above;",
    "wlr_surface": "struct wl_resource *resource; struct wlr_surface_state current; bool mapped;"
    " void *data;",
    "wlr_xdg_shell": "struct wl_global *global;",
    "wlr_xdg_client": "struct wl_resource *resource;",
    "wlr_xdg_surface": "struct wlr_xdg_client *client; struct wl_resource *resource;"
    " struct wlr_surface *surface; int role;"
    " struct wlr_xdg_toplevel *toplevel; bool configured;"
    " bool initialized; bool initial_commit; void *data;",
    "wlr_xdg_toplevel_state": "bool maximized; bool fullscreen; int32_t width; int32_t height;"
    " int32_t max_width; int32_t max_height; int32_t min_width; int32_t min_height;",
    "wlr_xdg_toplevel_requested": "bool maximized; bool minimized; bool fullscreen;",
    "wlr_xdg_toplevel": "struct wl_resource *resource; struct wlr_xdg_surface *base;"
    " struct wlr_xdg_toplevel *parent; struct wlr_xdg_toplevel_state current;"
    " struct wlr_xdg_toplevel_requested requested; char *title; char *app_id;",
    "wlr_xdg_popup_state": "struct wlr_box geometry;",
    "wlr_xdg_popup": "struct wlr_xdg_surface *base; struct wl_resource *resource;"
    " struct wl_list link; struct wlr_surface *parent; struct wlr_xdg_popup_state current;"
    " struct wl_list grab_link;",
    "wlr_seat_pointer_grab": "void *data;",
    "wlr_xdg_popup_grab": "struct wlr_seat_pointer_grab pointer_grab; struct wl_list popups;",
    "wlr_xdg_toplevel_move_event": "struct wlr_seat_client *seat; uint32_t serial;",
    "wlr_xdg_toplevel_resize_event": "struct wlr_seat_client *seat; uint32_t serial;"
    " uint32_t edges;",
    "wlr_layer_shell_v1": "struct wl_global *global;",
    "wlr_layer_surface_v1_state": "uint32_t committed; uint32_t anchor; int32_t exclusive_zone;"
    " int keyboard_interactive; int layer;",
    "wlr_layer_surface_v1": "struct wlr_surface *surface; struct wlr_output *output;"
    " struct wl_resource *resource; char *namespace; bool initialized; bool initial_commit;"
    " struct wlr_layer_surface_v1_state current; struct wlr_layer_surface_v1_state pending;"
    " void *data;",
    "wlr_session_lock_manager_v1": "struct wl_global *global;",
    "wlr_session_lock_v1": "struct wl_resource *resource;",
    "wlr_session_lock_surface_v1": "struct wlr_output *output; struct wlr_surface *surface;",
    "wlr_input_device": "int type; char *name;"
    " void *data;",
    "wlr_keyboard_modifiers": "uint32_t locked;"
    " uint32_t group;",
    "wlr_keyboard": "struct wlr_input_device base; struct xkb_keymap *keymap;"
    " struct xkb_state *xkb_state;"
    " struct wlr_keyboard_modifiers modifiers;"
    " struct { int32_t rate; int32_t delay; } repeat_info; void *data;",
    "wlr_keyboard_key_event": "uint32_t time_msec; uint32_t keycode;"
    " int state;",
    "wlr_pointer": "struct wlr_input_device base; char *output_name;",
    "wlr_pointer_motion_event": "uint32_t time_msec; double delta_x; double delta_y;"
    " double unaccel_dx; double unaccel_dy; struct wlr_pointer *pointer;",
    "wlr_pointer_motion_absolute_event": "struct wlr_pointer *pointer; uint32_t time_msec;"
    " double x; double y;",
    "wlr_pointer_button_event": "struct wlr_pointer *pointer; uint32_t time_msec;"
    " uint32_t button; int state;",
    "wlr_pointer_axis_event": "uint32_t time_msec; int source; int orientation; double delta;"
    " int32_t delta_discrete;",
    "wlr_pointer_swipe_begin_event": "uint32_t time_msec; uint32_t fingers;",
    "wlr_pointer_swipe_update_event": "uint32_t time_msec; uint32_t fingers; double dx; double dy;",
    "wlr_pointer_swipe_end_event": "uint32_t time_msec; bool cancelled;",
    "wlr_pointer_pinch_begin_event": "uint32_t time_msec; uint32_t fingers;",
    "wlr_pointer_pinch_update_event": "uint32_t time_msec; uint32_t fingers; double dx; double dy;"
    " double scale; double rotation;",
    "wlr_pointer_pinch_end_event": "uint32_t time_msec; bool cancelled;",
    "wlr_pointer_hold_begin_event": "uint32_t time_msec; uint32_t fingers;",
    "wlr_pointer_hold_end_event": "uint32_t time_msec; bool cancelled;",
    "wlr_touch": "struct wlr_input_device base; char *output_name;",
    "wlr_touch_down_event": "struct wlr_touch *touch; uint32_t time_msec; int32_t touch_id;"
    " double x; double y;",
    "wlr_touch_up_event": "uint32_t time_msec; int32_t touch_id;",
    "wlr_touch_motion_event": "struct wlr_touch *touch; uint32_t time_msec; int32_t touch_id;"
    " double x; double y;",
    "wlr_touch_cancel_event": "uint32_t time_msec; int32_t touch_id;",
    "wlr_tablet_tool": "int type; void *data;",
    "wlr_tablet": "struct wlr_input_device base;",
    "wlr_tablet_tool_axis_event": "struct wlr_tablet *tablet; struct wlr_tablet_tool *tool;"
    " uint32_t time_msec; uint32_t updated_axes; double x; double y; double dx; double dy;"
    " double pressure; double distance; double tilt_x; double tilt_y; double rotation;"
    " double slider; double wheel_delta;",
    "wlr_tablet_tool_proximity_event": "struct wlr_tablet *tablet; struct wlr_tablet_tool *tool;"
    " uint32_t time_msec; double x; double y; int state;",
    "wlr_tablet_tool_tip_event": "struct wlr_tablet *tablet; struct wlr_tablet_tool *tool;"
    " uint32_t time_msec; double x; double y; int state;",
    "wlr_tablet_tool_button_event": "struct wlr_tablet *tablet; struct wlr_tablet_tool *tool;"
    " uint32_t time_msec; uint32_t button; int state;",
    "wlr_tablet_manager_v2": "",
    "wlr_tablet_v2_tablet": "",
    "wlr_tablet_v2_tablet_tool": "struct wlr_surface *focused_surface;",
    "wlr_tablet_v2_tablet_pad": "",
    "wlr_cursor": "double x; double y;",
    "wlr_xcursor_manager": "char *name; uint32_t size;",
    "wlr_seat_client": "struct wl_client *client; struct wlr_seat *seat;"
    " struct wl_list resources;",
    "wlr_seat_pointer_state": "struct wlr_seat_client *focused_client;"
    " struct wlr_surface *focused_surface; double sx; double sy;",
    "wlr_seat_keyboard_state": "struct wlr_keyboard *keyboard;"
    " struct wlr_seat_client *focused_client; struct wlr_surface *focused_surface;",
    "wlr_seat": "struct wl_global *global;"
    " struct wlr_drag *drag;"
    " struct wlr_seat_pointer_state pointer_state; struct wlr_seat_keyboard_state keyboard_state;",
    "wlr_seat_pointer_request_set_cursor_event": "struct wlr_seat_client *seat_client;"
    " struct wlr_surface *surface; uint32_t serial; int32_t hotspot_x; int32_t hotspot_y;",
    "wlr_seat_request_set_selection_event": "struct wlr_data_source *source; uint32_t serial;",
    "wlr_seat_request_set_primary_selection_event":
    "struct wlr_primary_selection_source *source; uint32_t serial;",
    "wlr_seat_request_start_drag_event": "struct wlr_drag *drag; struct wlr_surface *origin;"
    " uint32_t serial;",
    "wlr_data_source": "",
    "wlr_primary_selection_source": "",
    "wlr_drag_icon": "struct wlr_surface *surface;",
    "wlr_drag": "struct wlr_seat_client *seat_client;"
    " struct wlr_drag_icon *icon;"
    " struct wlr_surface *focus; struct wlr_data_source *source;",
    "wlr_pointer_constraint_v1": "struct wl_resource *resource; struct wlr_surface *surface;"
    " int type; struct pixman_region32 region;",
    "wlr_pointer_constraints_v1": "struct wl_global *global;",
    "wlr_relative_pointer_manager_v1": "struct wl_global *global;",
    "wlr_pointer_gestures_v1": "struct wl_global *global;",
    "wlr_text_input_v3_state":
    "struct { char *text; uint32_t cursor; uint32_t anchor; } surrounding;"
    " uint32_t text_change_cause; struct { uint32_t hint; uint32_t purpose; } content_type;"
    " struct wlr_box cursor_rectangle;",
    "wlr_text_input_v3": "struct wlr_seat *seat; struct wl_resource *resource;"
    " struct wlr_surface *focused_surface; struct wlr_text_input_v3_state current;"
    " bool current_enabled; uint32_t active_features;",
    "wlr_text_input_manager_v3": "struct wl_global *global;",
    "wlr_input_method_v2_preedit_string":
    "char *text; int32_t cursor_begin; int32_t cursor_end;",
    "wlr_input_method_v2_delete_surrounding_text":
    "uint32_t before_length; uint32_t after_length;",
    "wlr_input_method_v2_state": "struct wlr_input_method_v2_preedit_string preedit;"
    " char *commit_text; struct wlr_input_method_v2_delete_surrounding_text delete;",
    "wlr_input_method_v2": "struct wl_resource *resource; struct wlr_seat *seat;"
    " struct wlr_input_method_v2_state current; bool active;"
    " struct wlr_input_method_keyboard_grab_v2 *keyboard_grab;",
    "wlr_input_popup_surface_v2": "struct wl_resource *resource; struct wlr_surface *surface;",
    "wlr_input_method_keyboard_grab_v2": "struct wl_resource *resource;"
    " struct wlr_keyboard *keyboard;",
    "wlr_input_method_manager_v2": "struct wl_global *global;",
    "wlr_virtual_keyboard_manager_v1": "struct wl_global *global;",
    "wlr_virtual_keyboard_v1": "struct wlr_keyboard keyboard; struct wl_resource *resource;",
    "wlr_virtual_pointer_manager_v1": "struct wl_global *global;",
    "wlr_virtual_pointer_v1": "struct wlr_pointer pointer; struct wl_resource *resource;",
    "wlr_virtual_pointer_v1_new_pointer_event":
    "struct wlr_virtual_pointer_v1 *new_pointer; struct wlr_output *suggested_output;",
    "wlr_foreign_toplevel_manager_v1": "struct wl_global *global;",
    "wlr_foreign_toplevel_handle_v1": "struct wl_list resources; void *data;",
    "wlr_foreign_toplevel_handle_v1_maximized_event": "bool maximized;",
    "wlr_foreign_toplevel_handle_v1_minimized_event": "bool minimized;",
    "wlr_foreign_toplevel_handle_v1_fullscreen_event":
    "bool fullscreen; struct wlr_output *output;",
    "wlr_output_manager_v1": "struct wl_global *global;",
    "wlr_output_head_v1_state": "struct wlr_output *output; bool enabled;"
    " struct wlr_output_mode *mode;"
    " int32_t x; int32_t y; int transform; float scale;",
    "wlr_output_configuration_v1": "struct wl_list heads;",
    "wlr_output_configuration_head_v1": "struct wlr_output_head_v1_state state;"
    " struct wl_list link;",
    "wlr_output_power_manager_v1": "struct wl_global *global;",
    "wlr_output_power_v1_set_mode_event": "struct wlr_output *output; int mode;",
    "wlr_gamma_control_manager_v1": "struct wl_global *global;",
    "wlr_idle_inhibit_manager_v1": "struct wl_global *global;",
    "wlr_idle_inhibitor_v1": "struct wlr_surface *surface;",
    "wlr_keyboard_shortcuts_inhibit_manager_v1": "struct wl_global *global;",
    "wlr_keyboard_shortcuts_inhibitor_v1": "struct wlr_surface *surface; bool active;",
    "wlr_security_context_manager_v1": "struct wl_global *global;",
    "wlr_content_type_manager_v1": "struct wl_global *global;",
    "wlr_tearing_control_manager_v1": "struct wl_global *global;",
    "wlr_xdg_activation_token_v1": "struct wlr_surface *surface; struct wlr_seat *seat;"
    " uint32_t serial; void *data;",
    "wlr_xdg_activation_v1": "uint32_t token_timeout_msec; struct wl_global *global;",
    "wlr_xdg_activation_v1_request_activate_event":
    "struct wlr_xdg_activation_token_v1 *token; struct wlr_surface *surface;",
    "wlr_cursor_shape_manager_v1": "struct wl_global *global;",
    "wlr_cursor_shape_manager_v1_request_set_shape_event":
    "struct wlr_seat_client *seat_client; uint32_t serial; int shape;",
    "wlr_data_control_manager_v1": "struct wl_global *global;",
    "wlr_screencopy_manager_v1": "struct wl_global *global;",
    "wlr_export_dmabuf_manager_v1": "struct wl_global *global;",
    "wlr_viewporter": "struct wl_global *global;",
    "wlr_fractional_scale_manager_v1": "struct wl_global *global;",
    "wlr_subcompositor": "struct wl_global *global;",
    "wlr_subsurface_parent_state": "struct wl_list link;",
    "wlr_subsurface": "struct wlr_surface *surface; struct wlr_surface *parent;"
    " struct wlr_subsurface_parent_state current;",
    "wlr_data_device_manager": "struct wl_global *global;",
    "wlr_xdg_output_manager_v1": "struct wl_global *global;",
}

FUNCTIONS = """
void free(void *);
int malloc_trim(size_t);
int timerfd_create(int clock, int flags);
int timerfd_settime(int fd, int flags, const struct itimerspec *, struct itimerspec *);
void wl_list_init(struct wl_list *);
void wl_list_insert(struct wl_list *, struct wl_list *);
void wl_list_remove(struct wl_list *);
struct wl_display *wl_display_create(void);
void wl_display_destroy(struct wl_display *);
void wl_display_destroy_clients(struct wl_display *);
void wl_display_flush_clients(struct wl_display *);
struct wl_event_loop *wl_display_get_event_loop(struct wl_display *);
int wl_event_loop_get_fd(struct wl_event_loop *);
int wl_event_loop_dispatch(struct wl_event_loop *, int timeout);
void wl_event_loop_dispatch_idle(struct wl_event_loop *);
typedef bool (*wl_display_global_filter_func_t)(const struct wl_client *, const struct wl_global *,
    void *);
void wl_display_set_global_filter(struct wl_display *, wl_display_global_filter_func_t, void *);
const struct wl_interface *wl_global_get_interface(const struct wl_global *);
typedef void (*wl_global_bind_func_t)(struct wl_client *, void *, uint32_t version, uint32_t id);
struct wl_global *wl_global_create(struct wl_display *, const struct wl_interface *, int version,
    void *, wl_global_bind_func_t);
struct wl_client *wl_client_create(struct wl_display *, int fd);
void wl_client_destroy(struct wl_client *);
void wl_client_add_destroy_late_listener(struct wl_client *, struct wl_listener *);
void wl_client_get_credentials(const struct wl_client *, int32_t *pid, uint32_t *uid,
    uint32_t *gid);
void wl_client_post_no_memory(struct wl_client *);
void wl_client_post_implementation_error(struct wl_client *, const char *msg, ...);
struct wl_client *wl_resource_get_client(struct wl_resource *);
typedef int (*wl_dispatcher_func_t)(const void *, void *, uint32_t, const struct wl_message *,
    union wl_argument *);
typedef void (*wl_resource_destroy_func_t)(struct wl_resource *);
struct wl_resource *wl_resource_create(struct wl_client *, const struct wl_interface *,
    int version, uint32_t id);
void wl_resource_set_dispatcher(struct wl_resource *, wl_dispatcher_func_t, const void *, void *,
    wl_resource_destroy_func_t);
void wl_resource_destroy(struct wl_resource *);
void wl_resource_add_destroy_listener(struct wl_resource *, struct wl_listener *);
void *wl_resource_get_user_data(struct wl_resource *);
void wl_resource_post_error(struct wl_resource *, uint32_t code, const char *msg, ...);
void wl_resource_post_event_array(struct wl_resource *, uint32_t opcode, union wl_argument *);
void wl_display_add_client_created_listener(struct wl_display *, struct wl_listener *);

struct xkb_context *xkb_context_new(int flags);
void xkb_context_unref(struct xkb_context *);
struct xkb_keymap *xkb_keymap_new_from_names(struct xkb_context *, const struct xkb_rule_names *,
    int flags);
void xkb_keymap_unref(struct xkb_keymap *);
int xkb_state_key_get_syms(struct xkb_state *, uint32_t key, const uint32_t **syms_out);
uint32_t xkb_state_key_get_layout(struct xkb_state *, uint32_t key);
int xkb_keymap_key_get_syms_by_level(struct xkb_keymap *, uint32_t key, uint32_t layout,
    uint32_t level, const uint32_t **syms_out);
uint32_t xkb_keymap_mod_get_index(struct xkb_keymap *, const char *name);
uint32_t xkb_keysym_from_name(const char *name, int flags);


void wlr_log_init(int verbosity, void *callback);
void wl_log_set_handler_server(void *handler);
bool wlr_backend_start(struct wlr_backend *);
void wlr_backend_destroy(struct wlr_backend *);
bool wlr_backend_is_headless(struct wlr_backend *);
bool wlr_backend_is_multi(struct wlr_backend *);
typedef void (*multi_backend_func)(struct wlr_backend *, void *data);
void wlr_multi_for_each_backend(struct wlr_backend *, multi_backend_func, void *data);
struct wlr_output *wlr_headless_add_output(struct wlr_backend *, unsigned width, unsigned height);
bool wlr_session_change_vt(struct wlr_session *, unsigned vt);
struct wlr_renderer *wlr_renderer_autocreate(struct wlr_backend *);
bool wlr_renderer_init_wl_display(struct wlr_renderer *, struct wl_display *);
void wlr_renderer_destroy(struct wlr_renderer *);
struct wlr_allocator *wlr_allocator_autocreate(struct wlr_backend *, struct wlr_renderer *);
void wlr_allocator_destroy(struct wlr_allocator *);
int wlr_renderer_get_drm_fd(struct wlr_renderer *);

struct wlr_compositor *wlr_compositor_create(struct wl_display *, uint32_t version,
    struct wlr_renderer *);
struct wlr_subcompositor *wlr_subcompositor_create(struct wl_display *);
struct wlr_data_device_manager *wlr_data_device_manager_create(struct wl_display *);
struct wlr_primary_selection_v1_device_manager *wlr_primary_selection_v1_device_manager_create(
    struct wl_display *);
struct wlr_viewporter *wlr_viewporter_create(struct wl_display *);
struct wlr_single_pixel_buffer_manager_v1 *wlr_single_pixel_buffer_manager_v1_create(
    struct wl_display *);
struct wlr_fractional_scale_manager_v1 *wlr_fractional_scale_manager_v1_create(
    struct wl_display *, uint32_t version);
struct wlr_screencopy_manager_v1 *wlr_screencopy_manager_v1_create(struct wl_display *);
struct wlr_export_dmabuf_manager_v1 *wlr_export_dmabuf_manager_v1_create(struct wl_display *);
struct wlr_data_control_manager_v1 *wlr_data_control_manager_v1_create(struct wl_display *);
struct wlr_content_type_manager_v1 *wlr_content_type_manager_v1_create(struct wl_display *,
    uint32_t version);
struct wlr_tearing_control_manager_v1 *wlr_tearing_control_manager_v1_create(struct wl_display *,
    uint32_t version);

bool wlr_output_init_render(struct wlr_output *, struct wlr_allocator *, struct wlr_renderer *);
struct wlr_output_mode *wlr_output_preferred_mode(struct wlr_output *);
void wlr_output_state_init(struct wlr_output_state *);
void wlr_output_state_finish(struct wlr_output_state *);
void wlr_output_state_set_enabled(struct wlr_output_state *, bool);
void wlr_output_state_set_mode(struct wlr_output_state *, struct wlr_output_mode *);
void wlr_output_state_set_custom_mode(struct wlr_output_state *, int32_t width, int32_t height,
    int32_t refresh);
void wlr_output_state_set_scale(struct wlr_output_state *, float);
void wlr_output_state_set_transform(struct wlr_output_state *, int transform);
void wlr_output_state_set_adaptive_sync_enabled(struct wlr_output_state *, bool);
bool wlr_output_test_state(struct wlr_output *, const struct wlr_output_state *);
bool wlr_output_commit_state(struct wlr_output *, const struct wlr_output_state *);
struct wlr_output_layout_output *wlr_output_layout_add(struct wlr_output_layout *,
    struct wlr_output *, int lx, int ly);
struct wlr_output_layout_output *wlr_output_layout_add_auto(struct wlr_output_layout *,
    struct wlr_output *);
void wlr_output_layout_remove(struct wlr_output_layout *, struct wlr_output *);
struct wlr_output *wlr_output_layout_output_at(struct wlr_output_layout *, double lx, double ly);
void wlr_output_layout_get_box(struct wlr_output_layout *, struct wlr_output *, struct wlr_box *);
struct wlr_xdg_output_manager_v1 *wlr_xdg_output_manager_v1_create(struct wl_display *,
    struct wlr_output_layout *);
struct wlr_output_manager_v1 *wlr_output_manager_v1_create(struct wl_display *);
void wlr_output_manager_v1_set_configuration(struct wlr_output_manager_v1 *,
    struct wlr_output_configuration_v1 *);
struct wlr_output_configuration_v1 *wlr_output_configuration_v1_create(void);
void wlr_output_configuration_v1_destroy(struct wlr_output_configuration_v1 *);
void wlr_output_configuration_v1_send_succeeded(struct wlr_output_configuration_v1 *);
void wlr_output_configuration_v1_send_failed(struct wlr_output_configuration_v1 *);
struct wlr_output_configuration_head_v1 *wlr_output_configuration_head_v1_create(
    struct wlr_output_configuration_v1 *, struct wlr_output *);
void wlr_output_head_v1_state_apply(const struct wlr_output_head_v1_state *,
    struct wlr_output_state *);
struct wlr_output_power_manager_v1 *wlr_output_power_manager_v1_create(struct wl_display *);

struct wlr_scene *wlr_scene_create(void);
void wlr_scene_node_destroy(struct wlr_scene_node *);
void wlr_scene_node_set_enabled(struct wlr_scene_node *, bool);
void wlr_scene_node_set_position(struct wlr_scene_node *, int x, int y);
void wlr_scene_node_raise_to_top(struct wlr_scene_node *);
void wlr_scene_node_lower_to_bottom(struct wlr_scene_node *);
void wlr_scene_node_reparent(struct wlr_scene_node *, struct wlr_scene_tree *);
bool wlr_scene_node_coords(struct wlr_scene_node *, int *lx, int *ly);
struct wlr_scene_node *wlr_scene_node_at(struct wlr_scene_node *, double lx, double ly,
    double *nx, double *ny);
struct wlr_scene_tree *wlr_scene_tree_create(struct wlr_scene_tree *);
struct wlr_scene_rect *wlr_scene_rect_create(struct wlr_scene_tree *, int width, int height,
    const float *color);
void wlr_scene_rect_set_size(struct wlr_scene_rect *, int width, int height);
void wlr_scene_rect_set_color(struct wlr_scene_rect *, const float *color);
struct wlr_scene_buffer *wlr_scene_buffer_create(struct wlr_scene_tree *, struct wlr_buffer *);
void wlr_scene_buffer_set_buffer(struct wlr_scene_buffer *, struct wlr_buffer *);
void wlr_scene_buffer_set_source_box(struct wlr_scene_buffer *, const struct wlr_fbox *);
void wlr_scene_buffer_set_dest_size(struct wlr_scene_buffer *, int width, int height);
void wlr_scene_buffer_set_filter_mode(struct wlr_scene_buffer *, int filter_mode);
typedef void (*wlr_scene_buffer_iterator_func_t)(struct wlr_scene_buffer *, int sx, int sy, void *);
void wlr_scene_node_for_each_buffer(struct wlr_scene_node *, wlr_scene_buffer_iterator_func_t,
    void *);
typedef bool (*point_accepts_input_func)(struct wlr_scene_buffer *, double *sx, double *sy);
struct wlr_scene_buffer *wlr_scene_buffer_from_node(struct wlr_scene_node *);
struct wlr_scene_surface *wlr_scene_surface_try_from_buffer(struct wlr_scene_buffer *);
struct wlr_scene_output *wlr_scene_output_create(struct wlr_scene *, struct wlr_output *);
void wlr_scene_output_destroy(struct wlr_scene_output *);
bool wlr_scene_output_commit(struct wlr_scene_output *,
    const struct wlr_scene_output_state_options *);
void wlr_scene_output_send_frame_done(struct wlr_scene_output *, struct timespec *);
struct wlr_scene_output_layout *wlr_scene_attach_output_layout(struct wlr_scene *,
    struct wlr_output_layout *);
void wlr_scene_output_layout_add_output(struct wlr_scene_output_layout *,
    struct wlr_output_layout_output *, struct wlr_scene_output *);
struct wlr_scene_tree *wlr_scene_subsurface_tree_create(struct wlr_scene_tree *,
    struct wlr_surface *);
void wlr_scene_subsurface_tree_set_clip(struct wlr_scene_node *, struct wlr_box *);
struct wlr_scene_layer_surface_v1 *wlr_scene_layer_surface_v1_create(struct wlr_scene_tree *,
    struct wlr_layer_surface_v1 *);
void wlr_scene_layer_surface_v1_configure(struct wlr_scene_layer_surface_v1 *,
    const struct wlr_box *full_area, struct wlr_box *usable_area);

typedef void (*wlr_surface_iterator_func_t)(struct wlr_surface *, int sx, int sy, void *data);
void wlr_surface_get_buffer_source_box(struct wlr_surface *, struct wlr_fbox *);
struct wlr_texture *wlr_surface_get_texture(struct wlr_surface *);
struct wlr_surface *wlr_surface_get_root_surface(struct wlr_surface *);
bool wlr_surface_has_buffer(struct wlr_surface *);

struct wlr_xdg_shell *wlr_xdg_shell_create(struct wl_display *, uint32_t version);
uint32_t wlr_xdg_surface_schedule_configure(struct wlr_xdg_surface *);
uint32_t wlr_xdg_toplevel_set_size(struct wlr_xdg_toplevel *, int32_t width, int32_t height);
uint32_t wlr_xdg_toplevel_set_activated(struct wlr_xdg_toplevel *, bool);
uint32_t wlr_xdg_toplevel_set_maximized(struct wlr_xdg_toplevel *, bool);
uint32_t wlr_xdg_toplevel_set_fullscreen(struct wlr_xdg_toplevel *, bool);
uint32_t wlr_xdg_toplevel_set_resizing(struct wlr_xdg_toplevel *, bool);
uint32_t wlr_xdg_toplevel_set_tiled(struct wlr_xdg_toplevel *, uint32_t edges);
uint32_t wlr_xdg_toplevel_set_suspended(struct wlr_xdg_toplevel *, bool);
uint32_t wlr_xdg_toplevel_set_wm_capabilities(struct wlr_xdg_toplevel *, uint32_t);
void wlr_xdg_toplevel_send_close(struct wlr_xdg_toplevel *);
struct wlr_xdg_popup *wlr_xdg_popup_try_from_wlr_surface(struct wlr_surface *);
void wlr_xdg_popup_destroy(struct wlr_xdg_popup *);
void wlr_xdg_popup_unconstrain_from_box(struct wlr_xdg_popup *, const struct wlr_box *);
struct wlr_xdg_activation_v1 *wlr_xdg_activation_v1_create(struct wl_display *);
struct wlr_xdg_activation_token_v1 *wlr_xdg_activation_token_v1_create(
    struct wlr_xdg_activation_v1 *);
const char *wlr_xdg_activation_token_v1_get_name(struct wlr_xdg_activation_token_v1 *);

struct wlr_layer_shell_v1 *wlr_layer_shell_v1_create(struct wl_display *, uint32_t version);
void wlr_layer_surface_v1_destroy(struct wlr_layer_surface_v1 *);
struct wlr_session_lock_manager_v1 *wlr_session_lock_manager_v1_create(struct wl_display *);
void wlr_session_lock_v1_send_locked(struct wlr_session_lock_v1 *);
void wlr_session_lock_v1_destroy(struct wlr_session_lock_v1 *);
uint32_t wlr_session_lock_surface_v1_configure(struct wlr_session_lock_surface_v1 *,
    uint32_t width, uint32_t height);

struct wlr_seat *wlr_seat_create(struct wl_display *, const char *name);
void wlr_seat_destroy(struct wlr_seat *);
struct wlr_seat_client *wlr_seat_client_for_wl_client(struct wlr_seat *, struct wl_client *);
void wlr_seat_set_capabilities(struct wlr_seat *, uint32_t);
void wlr_seat_set_keyboard(struct wlr_seat *, struct wlr_keyboard *);
struct wlr_keyboard *wlr_seat_get_keyboard(struct wlr_seat *);
void wlr_seat_keyboard_notify_key(struct wlr_seat *, uint32_t time_msec, uint32_t key,
    uint32_t state);
void wlr_seat_keyboard_notify_modifiers(struct wlr_seat *, const struct wlr_keyboard_modifiers *);
void wlr_seat_keyboard_notify_enter(struct wlr_seat *, struct wlr_surface *, const uint32_t *,
    size_t, const struct wlr_keyboard_modifiers *);
void wlr_seat_keyboard_notify_clear_focus(struct wlr_seat *);
bool wlr_seat_keyboard_has_grab(struct wlr_seat *);
void wlr_seat_keyboard_end_grab(struct wlr_seat *);
void wlr_seat_pointer_notify_enter(struct wlr_seat *, struct wlr_surface *, double sx, double sy);
void wlr_seat_pointer_notify_clear_focus(struct wlr_seat *);
void wlr_seat_pointer_notify_motion(struct wlr_seat *, uint32_t time_msec, double sx, double sy);
void wlr_seat_pointer_notify_frame(struct wlr_seat *);
void wlr_seat_pointer_end_grab(struct wlr_seat *);
bool wlr_seat_pointer_has_grab(struct wlr_seat *);
uint32_t wlr_seat_pointer_notify_button(struct wlr_seat *, uint32_t time_msec, uint32_t button,
    int state);
uint32_t wlr_seat_touch_notify_down(struct wlr_seat *, struct wlr_surface *, uint32_t time_msec,
    int32_t touch_id, double sx, double sy);
void wlr_seat_touch_notify_motion(struct wlr_seat *, uint32_t time_msec, int32_t touch_id,
    double sx, double sy);
void wlr_seat_touch_notify_frame(struct wlr_seat *);
bool wlr_seat_validate_pointer_grab_serial(struct wlr_seat *, struct wlr_surface *,
    uint32_t serial);
bool wlr_seat_validate_touch_grab_serial(struct wlr_seat *, struct wlr_surface *, uint32_t serial,
    struct wlr_touch_point **);
void wlr_seat_set_selection(struct wlr_seat *, struct wlr_data_source *, uint32_t serial);
void wlr_seat_set_primary_selection(struct wlr_seat *, struct wlr_primary_selection_source *,
    uint32_t serial);
void wlr_seat_start_pointer_drag(struct wlr_seat *, struct wlr_drag *, uint32_t serial);
void wlr_seat_start_touch_drag(struct wlr_seat *, struct wlr_drag *, uint32_t serial,
    struct wlr_touch_point *);
void wlr_data_source_destroy(struct wlr_data_source *);

struct wlr_keyboard_impl {
    const char *name;
    void (*led_update)(struct wlr_keyboard *, uint32_t);
};
void wlr_keyboard_init(struct wlr_keyboard *, const struct wlr_keyboard_impl *, const char *name);
void wlr_keyboard_finish(struct wlr_keyboard *);
bool wlr_keyboard_set_keymap(struct wlr_keyboard *, struct xkb_keymap *);
void wlr_keyboard_set_repeat_info(struct wlr_keyboard *, int32_t rate_hz, int32_t delay_ms);
uint32_t wlr_keyboard_get_modifiers(struct wlr_keyboard *);
void wlr_keyboard_notify_modifiers(struct wlr_keyboard *, uint32_t depressed, uint32_t latched,
    uint32_t locked, uint32_t group);
struct wlr_keyboard *wlr_keyboard_from_input_device(struct wlr_input_device *);
struct wlr_cursor *wlr_cursor_create(void);
void wlr_cursor_destroy(struct wlr_cursor *);
void wlr_cursor_warp_closest(struct wlr_cursor *, struct wlr_input_device *, double lx, double ly);
void wlr_cursor_warp_absolute(struct wlr_cursor *, struct wlr_input_device *, double x, double y);
void wlr_cursor_absolute_to_layout_coords(struct wlr_cursor *, struct wlr_input_device *, double x,
    double y, double *lx, double *ly);
void wlr_cursor_move(struct wlr_cursor *, struct wlr_input_device *, double dx, double dy);
void wlr_cursor_set_xcursor(struct wlr_cursor *, struct wlr_xcursor_manager *, const char *name);
void wlr_cursor_unset_image(struct wlr_cursor *);
void wlr_cursor_set_surface(struct wlr_cursor *, struct wlr_surface *, int32_t hotspot_x,
    int32_t hotspot_y);
void wlr_cursor_attach_input_device(struct wlr_cursor *, struct wlr_input_device *);
void wlr_cursor_attach_output_layout(struct wlr_cursor *, struct wlr_output_layout *);
void wlr_cursor_map_input_to_output(struct wlr_cursor *, struct wlr_input_device *,
    struct wlr_output *);
struct wlr_xcursor_manager *wlr_xcursor_manager_create(const char *name, uint32_t size);
void wlr_xcursor_manager_destroy(struct wlr_xcursor_manager *);
struct wlr_cursor_shape_manager_v1 *wlr_cursor_shape_manager_v1_create(struct wl_display *,
    uint32_t version);
const char *wlr_cursor_shape_v1_name(int shape);

struct wlr_virtual_keyboard_manager_v1 *wlr_virtual_keyboard_manager_v1_create(
    struct wl_display *);
struct wlr_virtual_keyboard_v1 *wlr_input_device_get_virtual_keyboard(struct wlr_input_device *);
struct wlr_virtual_pointer_manager_v1 *wlr_virtual_pointer_manager_v1_create(struct wl_display *);
struct wlr_pointer_constraints_v1 *wlr_pointer_constraints_v1_create(struct wl_display *);
struct wlr_pointer_constraint_v1 *wlr_pointer_constraints_v1_constraint_for_surface(
    struct wlr_pointer_constraints_v1 *, struct wlr_surface *, struct wlr_seat *);
void wlr_pointer_constraint_v1_send_activated(struct wlr_pointer_constraint_v1 *);
void wlr_pointer_constraint_v1_send_deactivated(struct wlr_pointer_constraint_v1 *);
bool wlr_region_confine(const struct pixman_region32 *, double x1, double y1, double x2, double y2,
    double *x2_out, double *y2_out);
struct wlr_relative_pointer_manager_v1 *wlr_relative_pointer_manager_v1_create(
    struct wl_display *);
void wlr_relative_pointer_manager_v1_send_relative_motion(
    struct wlr_relative_pointer_manager_v1 *, struct wlr_seat *, uint64_t time_usec, double dx,
    double dy, double dx_unaccel, double dy_unaccel);
struct wlr_pointer_gestures_v1 *wlr_pointer_gestures_v1_create(struct wl_display *);
void wlr_pointer_gestures_v1_send_swipe_begin(struct wlr_pointer_gestures_v1 *, struct wlr_seat *,
    uint32_t time_msec, uint32_t fingers);
void wlr_pointer_gestures_v1_send_swipe_update(struct wlr_pointer_gestures_v1 *,
    struct wlr_seat *, uint32_t time_msec, double dx, double dy);
void wlr_pointer_gestures_v1_send_swipe_end(struct wlr_pointer_gestures_v1 *, struct wlr_seat *,
    uint32_t time_msec, bool cancelled);
void wlr_pointer_gestures_v1_send_pinch_begin(struct wlr_pointer_gestures_v1 *, struct wlr_seat *,
    uint32_t time_msec, uint32_t fingers);
void wlr_pointer_gestures_v1_send_pinch_update(struct wlr_pointer_gestures_v1 *,
    struct wlr_seat *, uint32_t time_msec, double dx, double dy, double scale, double rotation);
void wlr_pointer_gestures_v1_send_pinch_end(struct wlr_pointer_gestures_v1 *, struct wlr_seat *,
    uint32_t time_msec, bool cancelled);
void wlr_pointer_gestures_v1_send_hold_begin(struct wlr_pointer_gestures_v1 *, struct wlr_seat *,
    uint32_t time_msec, uint32_t fingers);
void wlr_pointer_gestures_v1_send_hold_end(struct wlr_pointer_gestures_v1 *, struct wlr_seat *,
    uint32_t time_msec, bool cancelled);

struct wlr_tablet_manager_v2 *wlr_tablet_v2_create(struct wl_display *);
struct wlr_tablet_v2_tablet *wlr_tablet_create(struct wlr_tablet_manager_v2 *, struct wlr_seat *,
    struct wlr_input_device *);
struct wlr_tablet_v2_tablet_pad *wlr_tablet_pad_create(struct wlr_tablet_manager_v2 *,
    struct wlr_seat *, struct wlr_input_device *);
struct wlr_tablet_v2_tablet_tool *wlr_tablet_tool_create(struct wlr_tablet_manager_v2 *,
    struct wlr_seat *, struct wlr_tablet_tool *);
void wlr_tablet_v2_tablet_tool_notify_proximity_in(struct wlr_tablet_v2_tablet_tool *,
    struct wlr_tablet_v2_tablet *, struct wlr_surface *);
void wlr_tablet_v2_tablet_tool_notify_proximity_out(struct wlr_tablet_v2_tablet_tool *);
void wlr_tablet_v2_tablet_tool_notify_down(struct wlr_tablet_v2_tablet_tool *);
void wlr_tablet_v2_tablet_tool_notify_up(struct wlr_tablet_v2_tablet_tool *);
void wlr_tablet_v2_tablet_tool_notify_motion(struct wlr_tablet_v2_tablet_tool *, double x,
    double y);
void wlr_tablet_v2_tablet_tool_notify_pressure(struct wlr_tablet_v2_tablet_tool *, double);
void wlr_tablet_v2_tablet_tool_notify_distance(struct wlr_tablet_v2_tablet_tool *, double);
void wlr_tablet_v2_tablet_tool_notify_tilt(struct wlr_tablet_v2_tablet_tool *, double x, double y);
void wlr_tablet_v2_tablet_tool_notify_rotation(struct wlr_tablet_v2_tablet_tool *, double);
void wlr_tablet_v2_tablet_tool_notify_slider(struct wlr_tablet_v2_tablet_tool *, double);
void wlr_tablet_v2_tablet_tool_notify_wheel(struct wlr_tablet_v2_tablet_tool *, double degrees,
    int32_t clicks);
void wlr_tablet_v2_tablet_tool_notify_button(struct wlr_tablet_v2_tablet_tool *, uint32_t button,
    int state);

struct wlr_text_input_manager_v3 *wlr_text_input_manager_v3_create(struct wl_display *);
void wlr_text_input_v3_send_enter(struct wlr_text_input_v3 *, struct wlr_surface *);
void wlr_text_input_v3_send_leave(struct wlr_text_input_v3 *);
void wlr_text_input_v3_send_preedit_string(struct wlr_text_input_v3 *, const char *text,
    int32_t cursor_begin, int32_t cursor_end);
void wlr_text_input_v3_send_commit_string(struct wlr_text_input_v3 *, const char *text);
void wlr_text_input_v3_send_delete_surrounding_text(struct wlr_text_input_v3 *,
    uint32_t before_length, uint32_t after_length);
void wlr_text_input_v3_send_done(struct wlr_text_input_v3 *);
struct wlr_input_method_manager_v2 *wlr_input_method_manager_v2_create(struct wl_display *);
void wlr_input_method_v2_send_activate(struct wlr_input_method_v2 *);
void wlr_input_method_v2_send_deactivate(struct wlr_input_method_v2 *);
void wlr_input_method_v2_send_surrounding_text(struct wlr_input_method_v2 *, const char *text,
    uint32_t cursor, uint32_t anchor);
void wlr_input_method_v2_send_content_type(struct wlr_input_method_v2 *, uint32_t hint,
    uint32_t purpose);
void wlr_input_method_v2_send_text_change_cause(struct wlr_input_method_v2 *, uint32_t cause);
void wlr_input_method_v2_send_done(struct wlr_input_method_v2 *);
void wlr_input_method_v2_send_unavailable(struct wlr_input_method_v2 *);
void wlr_input_popup_surface_v2_send_text_input_rectangle(struct wlr_input_popup_surface_v2 *,
    struct wlr_box *);
void wlr_input_method_keyboard_grab_v2_send_key(struct wlr_input_method_keyboard_grab_v2 *,
    uint32_t time, uint32_t key, uint32_t state);
void wlr_input_method_keyboard_grab_v2_send_modifiers(struct wlr_input_method_keyboard_grab_v2 *,
    struct wlr_keyboard_modifiers *);
void wlr_input_method_keyboard_grab_v2_set_keyboard(struct wlr_input_method_keyboard_grab_v2 *,
    struct wlr_keyboard *);

struct wlr_foreign_toplevel_manager_v1 *wlr_foreign_toplevel_manager_v1_create(
    struct wl_display *);
struct wlr_foreign_toplevel_handle_v1 *wlr_foreign_toplevel_handle_v1_create(
    struct wlr_foreign_toplevel_manager_v1 *);
void wlr_foreign_toplevel_handle_v1_destroy(struct wlr_foreign_toplevel_handle_v1 *);
void wlr_foreign_toplevel_handle_v1_set_title(struct wlr_foreign_toplevel_handle_v1 *,
    const char *);
void wlr_foreign_toplevel_handle_v1_set_app_id(struct wlr_foreign_toplevel_handle_v1 *,
    const char *);
void wlr_foreign_toplevel_handle_v1_output_enter(struct wlr_foreign_toplevel_handle_v1 *,
    struct wlr_output *);
void wlr_foreign_toplevel_handle_v1_output_leave(struct wlr_foreign_toplevel_handle_v1 *,
    struct wlr_output *);
void wlr_foreign_toplevel_handle_v1_set_maximized(struct wlr_foreign_toplevel_handle_v1 *, bool);
void wlr_foreign_toplevel_handle_v1_set_minimized(struct wlr_foreign_toplevel_handle_v1 *, bool);
void wlr_foreign_toplevel_handle_v1_set_activated(struct wlr_foreign_toplevel_handle_v1 *, bool);
void wlr_foreign_toplevel_handle_v1_set_fullscreen(struct wlr_foreign_toplevel_handle_v1 *, bool);
void wlr_foreign_toplevel_handle_v1_set_parent(struct wlr_foreign_toplevel_handle_v1 *,
    struct wlr_foreign_toplevel_handle_v1 *);

struct wlr_idle_notifier_v1 *wlr_idle_notifier_v1_create(struct wl_display *);
void wlr_idle_notifier_v1_set_inhibited(struct wlr_idle_notifier_v1 *, bool);
void wlr_idle_notifier_v1_notify_activity(struct wlr_idle_notifier_v1 *, struct wlr_seat *);
struct wlr_idle_inhibit_manager_v1 *wlr_idle_inhibit_v1_create(struct wl_display *);
struct wlr_keyboard_shortcuts_inhibit_manager_v1 *wlr_keyboard_shortcuts_inhibit_v1_create(
    struct wl_display *);
void wlr_keyboard_shortcuts_inhibitor_v1_activate(struct wlr_keyboard_shortcuts_inhibitor_v1 *);
void wlr_keyboard_shortcuts_inhibitor_v1_deactivate(struct wlr_keyboard_shortcuts_inhibitor_v1 *);
struct wlr_security_context_manager_v1 *wlr_security_context_manager_v1_create(
    struct wl_display *);

void wlr_buffer_unlock(struct wlr_buffer *);
"""

# What wlroots 0.17 declares otherwise than 0.18 and later.
WHEEL_FUNCTIONS = """
bool wlr_surface_accepts_tablet_v2(struct wlr_tablet_v2_tablet *, struct wlr_surface *);
void wlr_scene_set_presentation(struct wlr_scene *, struct wlr_presentation *);
void wlr_gamma_control_v1_send_failed_and_destroy(struct wlr_gamma_control_v1 *);
bool wlr_gamma_control_v1_apply(struct wlr_gamma_control_v1 *, struct wlr_output_state *);
struct wlr_gamma_control_manager_v1_set_gamma_event { struct wlr_output *output;
    struct wlr_gamma_control_v1 *control; };
struct wlr_gamma_control_manager_v1 *wlr_gamma_control_manager_v1_create(struct wl_display *);
struct wlr_buffer_impl {
  void (*destroy)(struct wlr_buffer *);
  void *get_dmabuf; void *get_shm;
  bool (*begin_data_ptr_access)(struct wlr_buffer *, uint32_t flags, void **data,
      uint32_t *format, size_t *stride);
  void (*end_data_ptr_access)(struct wlr_buffer *);
};
bool wlr_renderer_is_pixman(struct wlr_renderer *);
bool wlr_renderer_is_gles2(struct wlr_renderer *);
void wlr_buffer_init(struct wlr_buffer *, const struct wlr_buffer_impl *, int width, int height);
void wlr_buffer_drop(struct wlr_buffer *);
struct wlr_client_buffer;
struct wlr_client_buffer *wlr_client_buffer_create(struct wlr_buffer *, struct wlr_renderer *);
struct wlr_backend *wlr_backend_autocreate(struct wl_display *, struct wlr_session **);
struct wlr_output_layout *wlr_output_layout_create(void);
struct wlr_presentation *wlr_presentation_create(struct wl_display *, struct wlr_backend *);
void wlr_seat_pointer_notify_axis(struct wlr_seat *, uint32_t time_msec, int orientation,
    double value, int32_t value_discrete, int source);
uint32_t wlr_seat_touch_notify_up(struct wlr_seat *, uint32_t time_msec, int32_t touch_id);
void wlr_seat_touch_notify_cancel(struct wlr_seat *, struct wlr_surface *);
void wlr_xdg_surface_get_geometry(struct wlr_xdg_surface *, struct wlr_box *);
"""

# What 0.18 and later have, by one set of names for all of them.
SYSTEM_FUNCTIONS = """
#define WLR_VERSION_MAJOR ...
#define WLR_VERSION_MINOR ...
#define WLR_VERSION_MICRO ...
struct wlr_backend *wlr_backend_autocreate(struct wl_event_loop *, struct wlr_session **);
struct wlr_output_layout *wlr_output_layout_create(struct wl_display *);
void wlr_seat_pointer_notify_axis(struct wlr_seat *, uint32_t time_msec, int orientation,
    double value, int32_t value_discrete, int source, int relative_direction);
uint32_t wlr_seat_touch_notify_up(struct wlr_seat *, uint32_t time_msec, int32_t touch_id);
void wlr_seat_touch_notify_cancel(struct wlr_seat *, struct wlr_seat_client *);
static const char *const ours_wayland_version;
static const char *const ours_xkbcommon_version;
struct wl_display *ours_display_create(void);
const char *ours_renderer_name(struct wlr_renderer *);
void ours_presentation_create(struct wl_display *, struct wlr_backend *);
int64_t ours_present_ns(struct wlr_output_event_present *);
struct wlr_box ours_xdg_surface_geometry(struct wlr_xdg_surface *);
void ours_axis(struct wlr_seat *, struct wlr_pointer_axis_event *);
void ours_gamma_control_create(struct wl_display *, struct wlr_scene *);
struct wlr_buffer *ours_pixel_buffer_create(const void *pixels, int width, int height,
    size_t stride);
bool ours_accepts_tablet(struct wlr_tablet_v2_tablet *, struct wlr_surface *);
void ours_configure_pointer(struct wlr_input_device *, int natural_scroll, int tap, double speed);
"""

SYSTEM_SOURCE = """
#if WLR_VERSION_MINOR >= 19
#define OURS_WHEN(event) event->when
#define OURS_PRESENTATION(display, backend) wlr_presentation_create(display, backend, 2)
#define OURS_GEOMETRY(surface) surface->geometry
#else
#define OURS_WHEN(event) (*event->when)
#define OURS_PRESENTATION(display, backend) wlr_presentation_create(display, backend)
static struct wlr_box ours_geometry(struct wlr_xdg_surface *surface) {
    struct wlr_box box;
    wlr_xdg_surface_get_geometry(surface, &box);
    return box;
}
#define OURS_GEOMETRY(surface) ours_geometry(surface)
static void ours_set_gamma(struct wl_listener *listener, void *data) {
    (void)listener;
    struct wlr_gamma_control_manager_v1_set_gamma_event *event = data;
    struct wlr_output_state state;
    wlr_output_state_init(&state);
    bool applied = event->control == NULL || wlr_gamma_control_v1_apply(event->control, &state);
    applied = applied && wlr_output_commit_state(event->output, &state);
    if (!applied && event->control != NULL)
        wlr_gamma_control_v1_send_failed_and_destroy(event->control);
    wlr_output_state_finish(&state);
}
static struct wl_listener ours_gamma_listener = { .notify = ours_set_gamma };
#endif
/* From 1.23 on libwayland neither takes a message that is larger than its buffer nor drops the
 * client that sends it: the loop is told of the unread rest again and again. A message has 16 bits
 * for its size. */
static struct wl_display *ours_display_create(void) {
    struct wl_display *display = wl_display_create();
#if WAYLAND_VERSION_MAJOR > 1 || WAYLAND_VERSION_MINOR >= 23
    if (display != NULL)
        wl_display_set_default_max_buffer_size(display, 1 << 16);
#endif
    return display;
}
static const char *const ours_wayland_version = WAYLAND_VERSION;
static void ours_presentation_create(struct wl_display *display, struct wlr_backend *backend) {
    OURS_PRESENTATION(display, backend);
}
static int64_t ours_present_ns(struct wlr_output_event_present *event) {
    return event->presented ? OURS_WHEN(event).tv_sec * INT64_C(1000000000)
        + OURS_WHEN(event).tv_nsec : 0;
}
/* Their headers would want those of OpenGL and Vulkan. */
bool wlr_renderer_is_gles2(struct wlr_renderer *renderer);
bool wlr_renderer_is_vk(struct wlr_renderer *renderer);
static const char *ours_renderer_name(struct wlr_renderer *renderer) {
    if (wlr_renderer_is_pixman(renderer))
        return "pixman";
#if WLR_HAS_GLES2_RENDERER
    if (wlr_renderer_is_gles2(renderer))
        return "gles2";
#endif
#if WLR_HAS_VULKAN_RENDERER
    if (wlr_renderer_is_vk(renderer))
        return "vulkan";
#endif
    return "unknown";
}
static struct wlr_box ours_xdg_surface_geometry(struct wlr_xdg_surface *surface) {
    return OURS_GEOMETRY(surface);
}
static void ours_axis(struct wlr_seat *seat, struct wlr_pointer_axis_event *event) {
    wlr_seat_pointer_notify_axis(seat, event->time_msec, event->orientation, event->delta,
        event->delta_discrete, event->source, event->relative_direction);
}
static bool ours_accepts_tablet(struct wlr_tablet_v2_tablet *tablet, struct wlr_surface *surface) {
#if WLR_VERSION_MINOR >= 19
    return wlr_surface_accepts_tablet_v2(surface, tablet);
#else
    return wlr_surface_accepts_tablet_v2(tablet, surface);
#endif
}
/* -1 and NaN mean what the device does by itself. */
#if WLR_HAS_LIBINPUT_BACKEND
#include <wlr/backend/libinput.h>
static void ours_configure_pointer(struct wlr_input_device *device, int natural_scroll, int tap,
        double speed) {
    if (!wlr_input_device_is_libinput(device))
        return;
    struct libinput_device *handle = wlr_libinput_get_device_handle(device);
    if (libinput_device_config_scroll_has_natural_scroll(handle))
        libinput_device_config_scroll_set_natural_scroll_enabled(handle, natural_scroll >= 0 ?
            natural_scroll :
            libinput_device_config_scroll_get_default_natural_scroll_enabled(handle));
    if (libinput_device_config_tap_get_finger_count(handle) > 0)
        libinput_device_config_tap_set_enabled(handle, tap >= 0 ?
            (enum libinput_config_tap_state)tap :
            libinput_device_config_tap_get_default_enabled(handle));
    if (libinput_device_config_accel_is_available(handle))
        libinput_device_config_accel_set_speed(handle, speed == speed ? speed :
            libinput_device_config_accel_get_default_speed(handle));
}
#else
static void ours_configure_pointer(struct wlr_input_device *device, int natural_scroll, int tap,
        double speed) {
}
#endif
struct ours_pixel_buffer {
    struct wlr_buffer base;
    size_t stride;
    unsigned char pixels[];
};
static void ours_pixel_buffer_destroy(struct wlr_buffer *buffer) {
#if WLR_VERSION_MINOR >= 19
    wlr_buffer_finish(buffer);
#endif
    free(buffer);
}
static bool ours_pixel_buffer_begin(struct wlr_buffer *buffer, uint32_t flags, void **data,
        uint32_t *format, size_t *stride) {
    struct ours_pixel_buffer *ours = (struct ours_pixel_buffer *)buffer;
    if (flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE)
        return false;
    *data = ours->pixels;
    *format = DRM_FORMAT_ARGB8888;
    *stride = ours->stride;
    return true;
}
static void ours_pixel_buffer_end(struct wlr_buffer *buffer) {
    (void)buffer;
}
static const struct wlr_buffer_impl ours_pixel_buffer_impl = {
    .destroy = ours_pixel_buffer_destroy,
    .begin_data_ptr_access = ours_pixel_buffer_begin,
    .end_data_ptr_access = ours_pixel_buffer_end,
};
static struct wlr_buffer *ours_pixel_buffer_create(const void *pixels, int width, int height,
        size_t stride) {
    struct ours_pixel_buffer *ours = malloc(sizeof(*ours) + stride * height);
    if (ours == NULL)
        return NULL;
    memset(&ours->base, 0, sizeof(ours->base));
    ours->stride = stride;
    memcpy(ours->pixels, pixels, stride * height);
    wlr_buffer_init(&ours->base, &ours_pixel_buffer_impl, width, height);
    wlr_buffer_lock(&ours->base);
    wlr_buffer_drop(&ours->base);
    return &ours->base;
}
static void ours_gamma_control_create(struct wl_display *display, struct wlr_scene *scene) {
    struct wlr_gamma_control_manager_v1 *manager = wlr_gamma_control_manager_v1_create(display);
#if WLR_VERSION_MINOR >= 19
    wlr_scene_set_gamma_control_manager_v1(scene, manager);
#else
    (void)scene;
    wl_signal_add(&manager->events.set_gamma, &ours_gamma_listener);
#endif
}
"""

PROTOCOL_STUBS: dict[str, str] = {
    "wlr-layer-shell-unstable-v1": "enum zwlr_layer_surface_v1_keyboard_interactivity { STUB_A };"
    " enum zwlr_layer_shell_v1_layer { STUB_B };",
    "wlr-output-power-management-unstable-v1": "enum zwlr_output_power_v1_mode { STUB_C };",
}
"""Stand-ins for the headers of wlroots' own protocols: only the size of their enums matters."""

SYSTEM_SIGNALS: dict[str, dict[str, str]] = {
    "wlr_xdg_shell": {
        "new_toplevel": "struct wlr_xdg_toplevel *",
        "new_popup": "struct wlr_xdg_popup *",
    },
    "wlr_xdg_toplevel": {"destroy": ""},
    "wlr_xdg_popup": {"destroy": ""},
}
"""Signals that 0.17 does not have; there the seam stands in for them."""

OLDER_NAMES: dict[tuple[str, str], tuple[int, str]] = {
    ("wlr_text_input_manager_v3", "new_text_input"): (20, "text_input"),
    ("wlr_input_method_manager_v2", "new_input_method"): (20, "input_method"),
}
"""Signals with another name before a minor version."""

# struct -> signal -> type of the argument of its listeners ("" where it is unused).
SIGNALS: dict[str, dict[str, str]] = {
    "wlr_backend": {
        "new_output": "struct wlr_output *",
        "new_input": "struct wlr_input_device *",
    },
    "wlr_output": {
        "frame": "",
        "present": "struct wlr_output_event_present *",
        "request_state": "struct wlr_output_event_request_state *",
        "destroy": "",
    },
    "wlr_output_manager_v1": {
        "apply": "struct wlr_output_configuration_v1 *",
        "test": "struct wlr_output_configuration_v1 *",
    },
    "wlr_output_power_manager_v1": {"set_mode": "struct wlr_output_power_v1_set_mode_event *"},
    "wlr_gamma_control_manager_v1": {"set_gamma": ""},
    "wlr_surface": {
        "commit": "",
        "map": "",
        "unmap": "",
        "new_subsurface": "struct wlr_subsurface *",
        "destroy": "",
    },
    "wlr_scene_node": {"destroy": ""},
    "wlr_xdg_shell": {"new_surface": "struct wlr_xdg_surface *"},
    "wlr_xdg_surface": {"destroy": ""},
    "wlr_xdg_toplevel": {
        "request_maximize": "",
        "request_fullscreen": "",
        "request_minimize": "",
        "request_move": "struct wlr_xdg_toplevel_move_event *",
        "request_resize": "struct wlr_xdg_toplevel_resize_event *",
        "set_parent": "",
        "set_title": "",
        "set_app_id": "",
    },
    "wlr_xdg_popup": {"reposition": ""},
    "wlr_xdg_activation_v1": {
        "request_activate": "struct wlr_xdg_activation_v1_request_activate_event *",
        "new_token": "struct wlr_xdg_activation_token_v1 *",
    },
    "wlr_xdg_activation_token_v1": {"destroy": ""},
    "wlr_layer_shell_v1": {"new_surface": "struct wlr_layer_surface_v1 *"},
    "wlr_layer_surface_v1": {"destroy": "", "new_popup": "struct wlr_xdg_popup *"},
    "wlr_session_lock_manager_v1": {"new_lock": "struct wlr_session_lock_v1 *"},
    "wlr_session_lock_v1": {
        "new_surface": "struct wlr_session_lock_surface_v1 *",
        "unlock": "",
        "destroy": "",
    },
    "wlr_session_lock_surface_v1": {"destroy": ""},
    "wlr_seat": {
        "request_set_cursor": "struct wlr_seat_pointer_request_set_cursor_event *",
        "request_set_selection": "struct wlr_seat_request_set_selection_event *",
        "request_set_primary_selection": "struct wlr_seat_request_set_primary_selection_event *",
        "request_start_drag": "struct wlr_seat_request_start_drag_event *",
        "start_drag": "struct wlr_drag *",
        "pointer_grab_begin": "struct wlr_seat_pointer_grab *",
        "destroy": "",
    },
    "wlr_drag": {"destroy": ""},
    "wlr_drag_icon": {"destroy": ""},
    "wlr_input_device": {"destroy": ""},
    "wlr_keyboard": {"key": "struct wlr_keyboard_key_event *", "modifiers": ""},
    "wlr_cursor": {
        "motion": "struct wlr_pointer_motion_event *",
        "motion_absolute": "struct wlr_pointer_motion_absolute_event *",
        "button": "struct wlr_pointer_button_event *",
        "axis": "struct wlr_pointer_axis_event *",
        "frame": "",
        "swipe_begin": "struct wlr_pointer_swipe_begin_event *",
        "swipe_update": "struct wlr_pointer_swipe_update_event *",
        "swipe_end": "struct wlr_pointer_swipe_end_event *",
        "pinch_begin": "struct wlr_pointer_pinch_begin_event *",
        "pinch_update": "struct wlr_pointer_pinch_update_event *",
        "pinch_end": "struct wlr_pointer_pinch_end_event *",
        "hold_begin": "struct wlr_pointer_hold_begin_event *",
        "hold_end": "struct wlr_pointer_hold_end_event *",
        "touch_down": "struct wlr_touch_down_event *",
        "touch_up": "struct wlr_touch_up_event *",
        "touch_motion": "struct wlr_touch_motion_event *",
        "touch_cancel": "struct wlr_touch_cancel_event *",
        "touch_frame": "",
        "tablet_tool_axis": "struct wlr_tablet_tool_axis_event *",
        "tablet_tool_proximity": "struct wlr_tablet_tool_proximity_event *",
        "tablet_tool_tip": "struct wlr_tablet_tool_tip_event *",
        "tablet_tool_button": "struct wlr_tablet_tool_button_event *",
    },
    "wlr_tablet_tool": {"destroy": ""},
    "wlr_cursor_shape_manager_v1": {
        "request_set_shape": "struct wlr_cursor_shape_manager_v1_request_set_shape_event *"
    },
    "wlr_virtual_keyboard_manager_v1": {
        "new_virtual_keyboard": "struct wlr_virtual_keyboard_v1 *"
    },
    "wlr_virtual_pointer_manager_v1": {
        "new_virtual_pointer": "struct wlr_virtual_pointer_v1_new_pointer_event *"
    },
    "wlr_pointer_constraints_v1": {"new_constraint": "struct wlr_pointer_constraint_v1 *"},
    "wlr_pointer_constraint_v1": {"destroy": ""},
    "wlr_text_input_manager_v3": {"new_text_input": "struct wlr_text_input_v3 *"},
    "wlr_text_input_v3": {"enable": "", "commit": "", "disable": "", "destroy": ""},
    "wlr_input_method_manager_v2": {"new_input_method": "struct wlr_input_method_v2 *"},
    "wlr_input_method_v2": {
        "commit": "",
        "new_popup_surface": "struct wlr_input_popup_surface_v2 *",
        "grab_keyboard": "struct wlr_input_method_keyboard_grab_v2 *",
        "destroy": "",
    },
    "wlr_input_popup_surface_v2": {"destroy": ""},
    "wlr_foreign_toplevel_handle_v1": {
        "request_maximize": "struct wlr_foreign_toplevel_handle_v1_maximized_event *",
        "request_minimize": "struct wlr_foreign_toplevel_handle_v1_minimized_event *",
        "request_activate": "",
        "request_fullscreen": "struct wlr_foreign_toplevel_handle_v1_fullscreen_event *",
        "request_close": "",
    },
    "wlr_idle_inhibit_manager_v1": {"new_inhibitor": "struct wlr_idle_inhibitor_v1 *"},
    "wlr_idle_inhibitor_v1": {"destroy": ""},
    "wlr_keyboard_shortcuts_inhibit_manager_v1": {
        "new_inhibitor": "struct wlr_keyboard_shortcuts_inhibitor_v1 *"
    },
    "wlr_keyboard_shortcuts_inhibitor_v1": {"destroy": ""},
}
