DROP TRIGGER smtp_monitors_count_inserted ON smtp_monitors;
DROP TRIGGER smtp_monitors_count_deleted ON smtp_monitors;
DROP TRIGGER smtp_monitors_refuse_move ON smtp_monitors;
DROP FUNCTION count_smtp_monitors();
DROP FUNCTION refuse_move();
DROP TABLE organization_counts;
DROP TABLE customer_counts;
