# A company in Okta, whose connector is live: three people, two groups that Okta sends, one that
# an administrator made. $TOKEN and $SCIM are the connector's; the ids are in $ADA, $BOB, …
muster tenants create acme
muster connectors create acme-okta --tenant acme --kind okta --mode live --rules '{"neverAssign":[".*-admins"]}' -o json >made.json
TOKEN=$(jq -r '.. | .token? // empty' made.json)
SCIM=$MUSTER_URL/scim/acme-okta/v2

scim() {
    curl -sSf -X "$1" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/scim+json' "$SCIM$2" -d "$3"
}
person() {
    scim POST /Users '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"'"$1"'@acme.example","externalId":"'"$1"'","active":true,
        "name":{"givenName":"'"$2"'","familyName":"'"$3"'"},"emails":[{"value":"'"$1"'@acme.example","type":"work","primary":true}]}' | jq -r .id
}
group() {
    scim POST /Groups '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"'"$1"'","members":['"$2"']}' | jq -r .id
}

ADA=$(person ada Ada Lovelace)
BOB=$(person bob Bob Noyce)
GRACE=$(person grace Grace Hopper)
JIRA=$(group jira-users '{"value":"'"$ADA"'"},{"value":"'"$BOB"'"}')
ADMINS=$(group jira-admins '{"value":"'"$ADA"'"}')
