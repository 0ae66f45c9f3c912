DROP TRIGGER smtp_monitors_unindex_updated ON smtp_monitors;
DROP TRIGGER smtp_monitors_unindex_deleted ON smtp_monitors;
DROP TRIGGER smtp_monitors_unindex_inserted ON smtp_monitors;
DROP FUNCTION unindex_smtp_monitors();
DROP FUNCTION unindex_smtp_monitor();
DROP TABLE indexed_smtp_monitor_counts;
DROP TABLE indexed_smtp_monitors;
DROP FUNCTION trigrams(text);
DROP TABLE unindexed_smtp_monitors;
