DROP TRIGGER smtp_monitors_limit ON smtp_monitors;
DROP TRIGGER customers_limit ON customers;
DROP TRIGGER users_limit ON users;
DROP TRIGGER sessions_limit ON sessions;
DROP TRIGGER maintenance_windows_limit ON maintenance_windows;
DROP TRIGGER customers_count_inserted ON customers;
DROP TRIGGER customers_count_deleted ON customers;
DROP TRIGGER users_count_inserted ON users;
DROP TRIGGER users_count_deleted ON users;
DROP TRIGGER sessions_count_inserted ON sessions;
DROP TRIGGER sessions_count_deleted ON sessions;
DROP TRIGGER maintenance_windows_count_inserted ON maintenance_windows;
DROP TRIGGER maintenance_windows_count_deleted ON maintenance_windows;
DROP FUNCTION limit_rows();
DROP FUNCTION room_left(bigint, text);
DROP FUNCTION count_rows();
ALTER TABLE organization_counts
    ALTER COLUMN smtp_monitors DROP DEFAULT,
    DROP COLUMN customers,
    DROP COLUMN users,
    DROP COLUMN tokens,
    DROP COLUMN maintenance_windows;
ALTER TABLE organizations
    DROP COLUMN max_smtp_monitors,
    DROP COLUMN max_customers,
    DROP COLUMN max_users,
    DROP COLUMN max_tokens,
    DROP COLUMN max_maintenance_windows;
