DROP TRIGGER incidents_tell_closed ON incidents;
DROP TRIGGER incidents_tell_acknowledged ON incidents;
DROP TRIGGER incidents_tell_opened ON incidents;
DROP TRIGGER smtp_monitor_states_tell ON smtp_monitor_states;
DROP FUNCTION tell_of_incident();
DROP FUNCTION tell_of_state();
DROP TABLE events;
