"""Every interface that can come through the gate: its requests and events, in short.

Written by `scripts/gate-schema`. A message is its name, `!` when it destroys its object, `@N` for
the version of the interface since which it exists, then an argument each: i int, u uint, f fixed,
s string, o object, n new id, a array, h file descriptor; `?` may be null, `:` of which interface;
`u:serial` is an argument that the XML calls so.
"""

from __future__ import annotations

INTERFACES: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {
    "org_kde_kwin_server_decoration": (
        1,
        (
            "release!",
            "request_mode u",
        ),
        (
            "mode u",
        ),
    ),
    "org_kde_kwin_server_decoration_manager": (
        1,
        (
            "create n:org_kde_kwin_server_decoration o:wl_surface",
        ),
        (
            "default_mode u",
        ),
    ),
    "wl_buffer": (
        1,
        (
            "destroy!",
        ),
        (
            "release",
        ),
    ),
    "wl_callback": (
        1,
        (),
        (
            "done u",
        ),
    ),
    "wl_compositor": (
        6,
        (
            "create_surface n:wl_surface",
            "create_region n:wl_region",
        ),
        (),
    ),
    "wl_data_device": (
        3,
        (
            "start_drag ?o:wl_data_source o:wl_surface ?o:wl_surface u:serial",
            "set_selection ?o:wl_data_source u:serial",
            "release!@2",
        ),
        (
            "data_offer n:wl_data_offer",
            "enter u:serial o:wl_surface f f ?o:wl_data_offer",
            "leave",
            "motion u f f",
            "drop",
            "selection ?o:wl_data_offer",
        ),
    ),
    "wl_data_device_manager": (
        3,
        (
            "create_data_source n:wl_data_source",
            "get_data_device n:wl_data_device o:wl_seat",
        ),
        (),
    ),
    "wl_data_offer": (
        3,
        (
            "accept u:serial ?s",
            "receive s h",
            "destroy!",
            "finish@3",
            "set_actions@3 u u",
        ),
        (
            "offer s",
            "source_actions@3 u",
            "action@3 u",
        ),
    ),
    "wl_data_source": (
        3,
        (
            "offer s",
            "destroy!",
            "set_actions@3 u",
        ),
        (
            "target ?s",
            "send s h",
            "cancelled",
            "dnd_drop_performed@3",
            "dnd_finished@3",
            "action@3 u",
        ),
    ),
    "wl_display": (
        1,
        (
            "sync n:wl_callback",
            "get_registry n:wl_registry",
        ),
        (
            "error o u s",
            "delete_id u",
        ),
    ),
    "wl_keyboard": (
        9,
        (
            "release!@3",
        ),
        (
            "keymap u h u",
            "enter u:serial o:wl_surface a",
            "leave u:serial o:wl_surface",
            "key u:serial u u u",
            "modifiers u:serial u u u u",
            "repeat_info@4 i i",
        ),
    ),
    "wl_output": (
        4,
        (
            "release!@3",
        ),
        (
            "geometry i i i i i s s i",
            "mode u i i i",
            "done@2",
            "scale@2 i",
            "name@4 s",
            "description@4 s",
        ),
    ),
    "wl_pointer": (
        9,
        (
            "set_cursor u:serial ?o:wl_surface i i",
            "release!@3",
        ),
        (
            "enter u:serial o:wl_surface f f",
            "leave u:serial o:wl_surface",
            "motion u f f",
            "button u:serial u u u",
            "axis u u f",
            "frame@5",
            "axis_source@5 u",
            "axis_stop@5 u u",
            "axis_discrete@5 u i",
            "axis_value120@8 u i",
            "axis_relative_direction@9 u u",
        ),
    ),
    "wl_region": (
        1,
        (
            "destroy!",
            "add i i i i",
            "subtract i i i i",
        ),
        (),
    ),
    "wl_registry": (
        1,
        (
            "bind u n",
        ),
        (
            "global u s u",
            "global_remove u",
        ),
    ),
    "wl_seat": (
        9,
        (
            "get_pointer n:wl_pointer",
            "get_keyboard n:wl_keyboard",
            "get_touch n:wl_touch",
            "release!@5",
        ),
        (
            "capabilities u",
            "name@2 s",
        ),
    ),
    "wl_shm": (
        1,
        (
            "create_pool n:wl_shm_pool h i",
        ),
        (
            "format u",
        ),
    ),
    "wl_shm_pool": (
        1,
        (
            "create_buffer n:wl_buffer i i i i u",
            "destroy!",
            "resize i",
        ),
        (),
    ),
    "wl_subcompositor": (
        1,
        (
            "destroy!",
            "get_subsurface n:wl_subsurface o:wl_surface o:wl_surface",
        ),
        (),
    ),
    "wl_subsurface": (
        1,
        (
            "destroy!",
            "set_position i i",
            "place_above o:wl_surface",
            "place_below o:wl_surface",
            "set_sync",
            "set_desync",
        ),
        (),
    ),
    "wl_surface": (
        6,
        (
            "destroy!",
            "attach ?o:wl_buffer i i",
            "damage i i i i",
            "frame n:wl_callback",
            "set_opaque_region ?o:wl_region",
            "set_input_region ?o:wl_region",
            "commit",
            "set_buffer_transform@2 i",
            "set_buffer_scale@3 i",
            "damage_buffer@4 i i i i",
            "offset@5 i i",
        ),
        (
            "enter o:wl_output",
            "leave o:wl_output",
            "preferred_buffer_scale@6 i",
            "preferred_buffer_transform@6 u",
        ),
    ),
    "wl_touch": (
        9,
        (
            "release!@3",
        ),
        (
            "down u:serial u o:wl_surface i f f",
            "up u:serial u i",
            "motion u i f f",
            "frame",
            "cancel",
            "shape@6 i f f",
            "orientation@6 i f",
        ),
    ),
    "wp_content_type_manager_v1": (
        1,
        (
            "destroy!",
            "get_surface_content_type n:wp_content_type_v1 o:wl_surface",
        ),
        (),
    ),
    "wp_content_type_v1": (
        1,
        (
            "destroy!",
            "set_content_type u",
        ),
        (),
    ),
    "wp_cursor_shape_device_v1": (
        1,
        (
            "destroy!",
            "set_shape u:serial u",
        ),
        (),
    ),
    "wp_cursor_shape_manager_v1": (
        1,
        (
            "destroy!",
            "get_pointer n:wp_cursor_shape_device_v1 o:wl_pointer",
            "get_tablet_tool_v2 n:wp_cursor_shape_device_v1 o:zwp_tablet_tool_v2",
        ),
        (),
    ),
    "wp_fractional_scale_manager_v1": (
        1,
        (
            "destroy!",
            "get_fractional_scale n:wp_fractional_scale_v1 o:wl_surface",
        ),
        (),
    ),
    "wp_fractional_scale_v1": (
        1,
        (
            "destroy!",
        ),
        (
            "preferred_scale u",
        ),
    ),
    "wp_presentation": (
        1,
        (
            "destroy!",
            "feedback o:wl_surface n:wp_presentation_feedback",
        ),
        (
            "clock_id u",
        ),
    ),
    "wp_presentation_feedback": (
        1,
        (),
        (
            "sync_output o:wl_output",
            "presented u u u u u u u",
            "discarded",
        ),
    ),
    "wp_single_pixel_buffer_manager_v1": (
        1,
        (
            "destroy!",
            "create_u32_rgba_buffer n:wl_buffer u u u u",
        ),
        (),
    ),
    "wp_tearing_control_manager_v1": (
        1,
        (
            "destroy!",
            "get_tearing_control n:wp_tearing_control_v1 o:wl_surface",
        ),
        (),
    ),
    "wp_tearing_control_v1": (
        1,
        (
            "set_presentation_hint u",
            "destroy!",
        ),
        (),
    ),
    "wp_viewport": (
        1,
        (
            "destroy!",
            "set_source f f f f",
            "set_destination i i",
        ),
        (),
    ),
    "wp_viewporter": (
        1,
        (
            "destroy!",
            "get_viewport n:wp_viewport o:wl_surface",
        ),
        (),
    ),
    "xdg_activation_token_v1": (
        1,
        (
            "set_serial u:serial o:wl_seat",
            "set_app_id s",
            "set_surface o:wl_surface",
            "commit",
            "destroy!",
        ),
        (
            "done s",
        ),
    ),
    "xdg_activation_v1": (
        1,
        (
            "destroy!",
            "get_activation_token n:xdg_activation_token_v1",
            "activate s o:wl_surface",
        ),
        (),
    ),
    "xdg_popup": (
        6,
        (
            "destroy!",
            "grab o:wl_seat u:serial",
            "reposition@3 o:xdg_positioner u",
        ),
        (
            "configure i i i i",
            "popup_done",
            "repositioned@3 u",
        ),
    ),
    "xdg_positioner": (
        6,
        (
            "destroy!",
            "set_size i i",
            "set_anchor_rect i i i i",
            "set_anchor u",
            "set_gravity u",
            "set_constraint_adjustment u",
            "set_offset i i",
            "set_reactive@3",
            "set_parent_size@3 i i",
            "set_parent_configure@3 u:serial",
        ),
        (),
    ),
    "xdg_surface": (
        6,
        (
            "destroy!",
            "get_toplevel n:xdg_toplevel",
            "get_popup n:xdg_popup ?o:xdg_surface o:xdg_positioner",
            "set_window_geometry i i i i",
            "ack_configure u:serial",
        ),
        (
            "configure u:serial",
        ),
    ),
    "xdg_toplevel": (
        6,
        (
            "destroy!",
            "set_parent ?o:xdg_toplevel",
            "set_title s",
            "set_app_id s",
            "show_window_menu o:wl_seat u:serial i i",
            "move o:wl_seat u:serial",
            "resize o:wl_seat u:serial u",
            "set_max_size i i",
            "set_min_size i i",
            "set_maximized",
            "unset_maximized",
            "set_fullscreen ?o:wl_output",
            "unset_fullscreen",
            "set_minimized",
        ),
        (
            "configure i i a",
            "close",
            "configure_bounds@4 i i",
            "wm_capabilities@5 a",
        ),
    ),
    "xdg_wm_base": (
        6,
        (
            "destroy!",
            "create_positioner n:xdg_positioner",
            "get_xdg_surface n:xdg_surface o:wl_surface",
            "pong u:serial",
        ),
        (
            "ping u:serial",
        ),
    ),
    "zwp_confined_pointer_v1": (
        1,
        (
            "destroy!",
            "set_region ?o:wl_region",
        ),
        (
            "confined",
            "unconfined",
        ),
    ),
    "zwp_idle_inhibit_manager_v1": (
        1,
        (
            "destroy!",
            "create_inhibitor n:zwp_idle_inhibitor_v1 o:wl_surface",
        ),
        (),
    ),
    "zwp_idle_inhibitor_v1": (
        1,
        (
            "destroy!",
        ),
        (),
    ),
    "zwp_keyboard_shortcuts_inhibit_manager_v1": (
        1,
        (
            "destroy!",
            "inhibit_shortcuts n:zwp_keyboard_shortcuts_inhibitor_v1 o:wl_surface o:wl_seat",
        ),
        (),
    ),
    "zwp_keyboard_shortcuts_inhibitor_v1": (
        1,
        (
            "destroy!",
        ),
        (
            "active",
            "inactive",
        ),
    ),
    "zwp_linux_buffer_params_v1": (
        4,
        (
            "destroy!",
            "add h u u u u u",
            "create i i u u",
            "create_immed@2 n:wl_buffer i i u u",
        ),
        (
            "created n:wl_buffer",
            "failed",
        ),
    ),
    "zwp_linux_dmabuf_feedback_v1": (
        4,
        (
            "destroy!",
        ),
        (
            "done",
            "format_table h u",
            "main_device a",
            "tranche_done",
            "tranche_target_device a",
            "tranche_formats a",
            "tranche_flags u",
        ),
    ),
    "zwp_linux_dmabuf_v1": (
        4,
        (
            "destroy!",
            "create_params n:zwp_linux_buffer_params_v1",
            "get_default_feedback@4 n:zwp_linux_dmabuf_feedback_v1",
            "get_surface_feedback@4 n:zwp_linux_dmabuf_feedback_v1 o:wl_surface",
        ),
        (
            "format u",
            "modifier@3 u u u",
        ),
    ),
    "zwp_locked_pointer_v1": (
        1,
        (
            "destroy!",
            "set_cursor_position_hint f f",
            "set_region ?o:wl_region",
        ),
        (
            "locked",
            "unlocked",
        ),
    ),
    "zwp_pointer_constraints_v1": (
        1,
        (
            "destroy!",
            "lock_pointer n:zwp_locked_pointer_v1 o:wl_surface o:wl_pointer ?o:wl_region u",
            "confine_pointer n:zwp_confined_pointer_v1 o:wl_surface o:wl_pointer ?o:wl_region u",
        ),
        (),
    ),
    "zwp_pointer_gesture_hold_v1": (
        3,
        (
            "destroy!@3",
        ),
        (
            "begin@3 u:serial u o:wl_surface u",
            "end@3 u:serial u i",
        ),
    ),
    "zwp_pointer_gesture_pinch_v1": (
        2,
        (
            "destroy!",
        ),
        (
            "begin u:serial u o:wl_surface u",
            "update u f f f f",
            "end u:serial u i",
        ),
    ),
    "zwp_pointer_gesture_swipe_v1": (
        2,
        (
            "destroy!",
        ),
        (
            "begin u:serial u o:wl_surface u",
            "update u f f",
            "end u:serial u i",
        ),
    ),
    "zwp_pointer_gestures_v1": (
        3,
        (
            "get_swipe_gesture n:zwp_pointer_gesture_swipe_v1 o:wl_pointer",
            "get_pinch_gesture n:zwp_pointer_gesture_pinch_v1 o:wl_pointer",
            "release!@2",
            "get_hold_gesture@3 n:zwp_pointer_gesture_hold_v1 o:wl_pointer",
        ),
        (),
    ),
    "zwp_primary_selection_device_manager_v1": (
        1,
        (
            "create_source n:zwp_primary_selection_source_v1",
            "get_device n:zwp_primary_selection_device_v1 o:wl_seat",
            "destroy!",
        ),
        (),
    ),
    "zwp_primary_selection_device_v1": (
        1,
        (
            "set_selection ?o:zwp_primary_selection_source_v1 u:serial",
            "destroy!",
        ),
        (
            "data_offer n:zwp_primary_selection_offer_v1",
            "selection ?o:zwp_primary_selection_offer_v1",
        ),
    ),
    "zwp_primary_selection_offer_v1": (
        1,
        (
            "receive s h",
            "destroy!",
        ),
        (
            "offer s",
        ),
    ),
    "zwp_primary_selection_source_v1": (
        1,
        (
            "offer s",
            "destroy!",
        ),
        (
            "send s h",
            "cancelled",
        ),
    ),
    "zwp_relative_pointer_manager_v1": (
        1,
        (
            "destroy!",
            "get_relative_pointer n:zwp_relative_pointer_v1 o:wl_pointer",
        ),
        (),
    ),
    "zwp_relative_pointer_v1": (
        1,
        (
            "destroy!",
        ),
        (
            "relative_motion u u f f f f",
        ),
    ),
    "zwp_tablet_manager_v2": (
        1,
        (
            "get_tablet_seat n:zwp_tablet_seat_v2 o:wl_seat",
            "destroy!",
        ),
        (),
    ),
    "zwp_tablet_pad_group_v2": (
        1,
        (
            "destroy!",
        ),
        (
            "buttons a",
            "ring n:zwp_tablet_pad_ring_v2",
            "strip n:zwp_tablet_pad_strip_v2",
            "modes u",
            "done",
            "mode_switch u u:serial u",
        ),
    ),
    "zwp_tablet_pad_ring_v2": (
        1,
        (
            "set_feedback s u:serial",
            "destroy!",
        ),
        (
            "source u",
            "angle f",
            "stop",
            "frame u",
        ),
    ),
    "zwp_tablet_pad_strip_v2": (
        1,
        (
            "set_feedback s u:serial",
            "destroy!",
        ),
        (
            "source u",
            "position u",
            "stop",
            "frame u",
        ),
    ),
    "zwp_tablet_pad_v2": (
        1,
        (
            "set_feedback u s u:serial",
            "destroy!",
        ),
        (
            "group n:zwp_tablet_pad_group_v2",
            "path s",
            "buttons u",
            "done",
            "button u u u",
            "enter u:serial o:zwp_tablet_v2 o:wl_surface",
            "leave u:serial o:wl_surface",
            "removed",
        ),
    ),
    "zwp_tablet_seat_v2": (
        1,
        (
            "destroy!",
        ),
        (
            "tablet_added n:zwp_tablet_v2",
            "tool_added n:zwp_tablet_tool_v2",
            "pad_added n:zwp_tablet_pad_v2",
        ),
    ),
    "zwp_tablet_tool_v2": (
        1,
        (
            "set_cursor u:serial ?o:wl_surface i i",
            "destroy!",
        ),
        (
            "type u",
            "hardware_serial u u",
            "hardware_id_wacom u u",
            "capability u",
            "done",
            "removed",
            "proximity_in u:serial o:zwp_tablet_v2 o:wl_surface",
            "proximity_out",
            "down u:serial",
            "up",
            "motion f f",
            "pressure u",
            "distance u",
            "tilt f f",
            "rotation f",
            "slider i",
            "wheel f i",
            "button u:serial u u",
            "frame u",
        ),
    ),
    "zwp_tablet_v2": (
        1,
        (
            "destroy!",
        ),
        (
            "name s",
            "id u u",
            "path s",
            "done",
            "removed",
        ),
    ),
    "zwp_text_input_manager_v3": (
        1,
        (
            "destroy!",
            "get_text_input n:zwp_text_input_v3 o:wl_seat",
        ),
        (),
    ),
    "zwp_text_input_v3": (
        1,
        (
            "destroy!",
            "enable",
            "disable",
            "set_surrounding_text s i i",
            "set_text_change_cause u",
            "set_content_type u u",
            "set_cursor_rectangle i i i i",
            "commit",
        ),
        (
            "enter o:wl_surface",
            "leave o:wl_surface",
            "preedit_string ?s i i",
            "commit_string ?s",
            "delete_surrounding_text u u",
            "done u:serial",
        ),
    ),
    "zxdg_decoration_manager_v1": (
        1,
        (
            "destroy!",
            "get_toplevel_decoration n:zxdg_toplevel_decoration_v1 o:xdg_toplevel",
        ),
        (),
    ),
    "zxdg_output_manager_v1": (
        3,
        (
            "destroy!",
            "get_xdg_output n:zxdg_output_v1 o:wl_output",
        ),
        (),
    ),
    "zxdg_output_v1": (
        3,
        (
            "destroy!",
        ),
        (
            "logical_position i i",
            "logical_size i i",
            "done",
            "name@2 s",
            "description@2 s",
        ),
    ),
    "zxdg_toplevel_decoration_v1": (
        1,
        (
            "destroy!",
            "set_mode u",
            "unset_mode",
        ),
        (
            "configure u",
        ),
    ),
}
