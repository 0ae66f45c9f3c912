"""The statements that name no organization, by the reason. A question mark is a table that the text does not tell."""

EXCEPTIONS = {
    "An agent works for all organizations.": """
        sql.agents.bury smtp_monitor_locations
        sql.alerts.lease alerts
        sql.alerts.seconds_to_next alerts
        sql.incidents.close_disabled incidents
        sql.incidents.close_disabled smtp_monitors
        sql.incidents.remind incidents
        sql.incidents.remind organizations
        sql.incidents.remind smtp_monitors
        sql.smtp_check_rollups.DAY smtp_check_hours
        sql.smtp_check_rollups.HOUR smtp_checks
        sql.smtp_monitor_index.index_some smtp_monitor_states
        sql.smtp_monitor_index.index_some smtp_monitors
        sql.smtp_monitor_index.index_some unindexed_smtp_monitors
        sql.smtp_monitor_locations.claim smtp_monitor_locations
        sql.smtp_monitor_locations.release_unknown smtp_monitor_locations
        sql.smtp_monitor_locations.seconds_to_next smtp_monitor_locations
        sql.smtp_monitor_states._OUTDATED maintenance_windows
        sql.smtp_monitor_states._OUTDATED smtp_monitor_states
        sql.smtp_monitor_states._OUTDATED smtp_monitors
        sql.smtp_monitor_states.lock_stale smtp_monitor_states
        sql.smtp_monitor_states.lock_stale smtp_monitors
        sql.undeliverable_alerts.give_up alerts
        sql.undeliverable_alerts.insert_attempts alerts
        function.schedule_locations smtp_monitors
    """,
    "The list of organizations that are being removed is of all.": """
        sql.alerts.MAY_LEAVE organizations
        sql.alerts.lease organizations
        sql.alerts.seconds_to_next organizations
        sql.fragments.DELETED organizations
        sql.organization_removals.select_marked organizations
        sql.smtp_monitor_locations.claim organizations
    """,
    "Retention ends rows of all organizations by their age.": """
        sql.events.purge events
        sql.retention.purge ?
        sql.retention.purge_changes smtp_monitor_changes
        function.purge_audit_events audit_events
    """,
    "Figures for operators count all organizations.": """
        sql.alerts.select_backlog alerts
        sql.cell_checks.select_counts organization_counts
        sql.cell_checks.select_counts organizations
        sql.cell_checks.select_logins logins
        sql.incidents.count_open incidents
        sql.smtp_monitor_lists.count_by_status smtp_monitors
        sql.smtp_monitor_locations.count_due smtp_monitor_locations
    """,
    "New keys replace old ones in all organizations.": """
        sql.second_factors.select_secrets second_factors
        sql.smtp_monitor_changes.select_passwords smtp_monitor_changes
        sql.smtp_monitors.select_passwords smtp_monitors
        sql.webhooks.select_secrets webhooks
    """,
    "Before the log-in an address alone is known.": """
        sql.audit_events.insert_failed_log_in users
        sql.users.select_hash logins
        sql.users.select_with_address users
        sql.users.select_logins logins
        sql.users.select_logins users
    """,
    "It finds, makes or counts organizations themselves.": """
        function.number_cell organizations
        sql.events.select_organizations organizations
        sql.organizations.insert organizations
        sql.organizations.select_any organizations
        sql.organizations.select_ids organizations
    """,
    "A caller with a global role names a monitor or customers, and this finds their organization.": """
        sql.organizations.select_id_of_monitor smtp_monitors
        sql.smtp_monitor_lists._meant customers
    """,
    "How far the index is behind, and a sample of its words, only choose the plan of a search, or what it reads.": """
        sql.smtp_monitor_index.UNINDEXED unindexed_smtp_monitors
        sql.smtp_monitor_index.can_be_used unindexed_smtp_monitors
        sql.smtp_monitor_index.look_for indexed_smtp_monitors
        sql.summaries.COUNTED unindexed_smtp_monitors
        sql.summaries.select_customers unindexed_smtp_monitors
        sql.summaries.select_totals unindexed_smtp_monitors
    """,
    "A caller who reaches all organizations searches customers of all.": """
        sql.smtp_monitor_index._Match.of customers
        sql.smtp_monitor_index.look_for customers
    """,
    "The trigger lists no columns: its rows come from those that have just changed.": """
        function.count_smtp_monitors customer_counts
        function.count_smtp_monitors organization_counts
        function.unindex_smtp_monitor unindexed_smtp_monitors
        function.unindex_smtp_monitors unindexed_smtp_monitors
    """,
    "A function names the column that says whose the rows of a table are.": """
        sql.organization_copies.count_rows ?
        sql.organization_copies.find_rows ?
    """,
    "A part of a statement that is made by code: the whole is judged by the tests below.": """
        sql.incident_lists.OF_MONITOR smtp_monitors
        sql.smtp_monitor_index._of_wanted indexed_smtp_monitor_counts
        sql.smtp_monitor_index._of_words indexed_smtp_monitors
        sql.smtp_monitor_orders.LIVE ?
        sql.smtp_monitor_orders.LIVE smtp_monitor_states
        sql.smtp_monitor_orders.LIVE smtp_monitors
        sql.smtp_monitor_orders.of_all indexed_smtp_monitors
        sql.smtp_monitor_updates.CHANGE ?
        sql.smtp_monitor_updates.QUEUE ?
        sql.smtp_monitor_updates._lock_write_and_store ?
        sql.smtp_monitor_updates._write ?
        sql.smtp_monitor_updates._write_and_store ?
        sql.smtp_monitor_walks.All.counting ?
        sql.smtp_monitor_walks.Found.__init__ ?
        sql.smtp_monitor_walks.Found.read ?
        sql.smtp_monitor_walks.Within.read ?
        sql.smtp_monitor_walks.every_row customers
        sql.smtp_monitor_walks.every_row smtp_monitors
    """,
}
