# The world of acme, with a credential of every kind that a guide's placeholders stand for.
. "$WORLDS/acme.sh"
GUIDE_BASEURL=$SCIM GUIDE_BASEURLV1=$MUSTER_URL/scim/acme-okta/v1 GUIDE_TOKENURL=$MUSTER_URL/scim/acme-okta/oauth/token GUIDE_TOKEN=$TOKEN
muster credentials create acme-okta basic --basic sample -o json >made.json
GUIDE_USERNAME=$(jq -r .basic.username made.json) GUIDE_PASSWORD=$(jq -r .basic.password made.json)
muster credentials create acme-okta oauth --oauth -o json >made.json
GUIDE_CLIENTID=$(jq -r .oauth.clientId made.json) GUIDE_CLIENTSECRET=$(jq -r .oauth.clientSecret made.json)
