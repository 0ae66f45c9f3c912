DROP INDEX organizations_name_idx;
ALTER TABLE organizations ADD CONSTRAINT organizations_name_key UNIQUE (name);

DROP INDEX logins_email_idx;
ALTER TABLE users DROP CONSTRAINT users_email_fkey;
ALTER TABLE logins
    DROP CONSTRAINT logins_pkey,
    ADD CONSTRAINT logins_pkey PRIMARY KEY (email),
    ADD CONSTRAINT logins_organization_id_email_key UNIQUE (organization_id, email);
ALTER TABLE users
    ADD CONSTRAINT users_email_fkey FOREIGN KEY (organization_id, email)
        REFERENCES logins (organization_id, email) ON UPDATE CASCADE ON DELETE CASCADE;
