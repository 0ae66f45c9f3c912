-- Each tenant has its own addresses and names: one that is taken elsewhere is as good as any.
-- depends: 0015_name-sources-of-attempts

ALTER TABLE users DROP CONSTRAINT users_email_fkey;
ALTER TABLE logins
    DROP CONSTRAINT logins_pkey,
    DROP CONSTRAINT logins_organization_id_email_key,
    ADD CONSTRAINT logins_pkey PRIMARY KEY (organization_id, email);
ALTER TABLE users
    ADD CONSTRAINT users_email_fkey FOREIGN KEY (organization_id, email)
        REFERENCES logins (organization_id, email) ON UPDATE CASCADE ON DELETE CASCADE;

-- Who logs in names an address and no organization.
CREATE INDEX logins_email_idx ON logins (email);

ALTER TABLE organizations DROP CONSTRAINT organizations_name_key;
CREATE INDEX organizations_name_idx ON organizations (name);
