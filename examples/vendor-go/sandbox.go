package main

import (
	"errors"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// The calls of sandbox control stand in for real devices: they call the same methods of cloud that a device's
// connection would call.

// commanded finds the device of a command and locks the cloud, or answers 404.
func (a *api) commanded(c *call) (*record, func()) {
	a.cloud.mu.Lock()
	r := a.cloud.device(c.id, c.caller.orgs)
	if r == nil {
		a.cloud.mu.Unlock()
		unknownDevice().write(c.w)
		return nil, nil
	}
	return r, a.cloud.mu.Unlock
}

// exists answers 404 before a body is read.
func (a *api) exists(c *call) bool {
	r, unlock := a.commanded(c)
	if r != nil {
		unlock()
	}
	return r != nil
}

// siteOf finds the site that a body names, or answers 404.
func (a *api) siteOf(c *call, id string) (Site, bool) {
	s, known := a.cloud.site(id)
	if !known || !slices.Contains(c.caller.orgs, s.OrgID) {
		newProblem(http.StatusNotFound, "unknown_site", "No site with this id is visible to this credential.").write(c.w)
		return Site{}, false
	}
	return s, true
}

func textWithin(s string, shortest, longest int) bool {
	n := utf8.RuneCountInString(s)
	return n >= shortest && n <= longest
}

func (a *api) sandboxStatus(c *call) {
	if !a.exists(c) {
		return
	}
	var body struct {
		Status string `json:"status"`
		Reason string `json:"status_reason"`
	}
	if problem := readJSON(c.w, c.r, &body); problem != nil {
		problem.write(c.w)
		return
	}
	if _, known := vendorStatus[body.Status]; !known {
		invalidBody("/status", "Send online, degraded, offline or unknown.").write(c.w)
		return
	}
	if !textWithin(body.Reason, 0, 256) {
		invalidBody("/status_reason", "Send at most 256 characters.").write(c.w)
		return
	}
	r, unlock := a.commanded(c)
	if r == nil {
		return
	}
	_, err := a.cloud.reportStatus(r, body.Status, body.Reason)
	served := r.versions[len(r.versions)-1].body
	unlock()
	if err != nil {
		deviceUnreachable().write(c.w)
		return
	}
	writeJSON(c.w, c.r, http.StatusOK, served)
}

func deviceUnreachable() *problem {
	return newProblem(http.StatusConflict, "device_unreachable", "The device cannot report now: it or its connector is unreachable.")
}

func (a *api) sandboxAdd(c *call) {
	var body struct {
		SiteID *string `json:"site_id"`
		Type   string  `json:"type"`
		Name   string  `json:"name"`
	}
	if problem := readJSON(c.w, c.r, &body); problem != nil {
		problem.write(c.w)
		return
	}
	if body.SiteID == nil || !textWithin(*body.SiteID, 1, 256) {
		invalidBody("/site_id", "Send the id of a site.").write(c.w)
		return
	}
	site, ok := a.siteOf(c, *body.SiteID)
	if !ok {
		return
	}
	kind, known := typeOf(body.Type)
	if !known {
		invalidBody("/type", "Send a device type of the manifest.").write(c.w)
		return
	}
	if !textWithin(body.Name, 1, 512) {
		invalidBody("/name", "Send a text of 1 to 512 characters.").write(c.w)
		return
	}
	a.cloud.mu.Lock()
	r := a.cloud.addDevice(site, kind, body.Name)
	served := r.versions[len(r.versions)-1].body
	a.cloud.mu.Unlock()
	writeJSON(c.w, c.r, http.StatusCreated, served)
}

func (a *api) sandboxMove(c *call) {
	if !a.exists(c) {
		return
	}
	var body struct {
		SiteID *string `json:"site_id"`
	}
	if problem := readJSON(c.w, c.r, &body); problem != nil {
		problem.write(c.w)
		return
	}
	if body.SiteID == nil || !textWithin(*body.SiteID, 1, 256) {
		invalidBody("/site_id", "Send the id of a site.").write(c.w)
		return
	}
	site, ok := a.siteOf(c, *body.SiteID)
	if !ok {
		return
	}
	r, unlock := a.commanded(c)
	if r == nil {
		return
	}
	err := a.cloud.moveDevice(r, site)
	served := r.versions[len(r.versions)-1].body
	unlock()
	if err != nil {
		invalidBody("/site_id", "A device cannot move to another org.").write(c.w)
		return
	}
	writeJSON(c.w, c.r, http.StatusOK, served)
}

func (a *api) sandboxRemove(c *call) {
	r, unlock := a.commanded(c)
	if r == nil {
		return
	}
	a.cloud.removeDevice(r)
	unlock()
	c.w.WriteHeader(http.StatusNoContent)
}

func (a *api) sandboxEvent(c *call) {
	if !a.exists(c) {
		return
	}
	var body struct {
		Type *string        `json:"type"`
		Data map[string]any `json:"data"`
	}
	if problem := readJSON(c.w, c.r, &body); problem != nil {
		problem.write(c.w)
		return
	}
	if body.Type == nil || !textWithin(*body.Type, 1, 256) {
		invalidBody("/type", "Send an event type of the catalogue.").write(c.w)
		return
	}
	if body.Data == nil {
		body.Data = map[string]any{}
	}
	r, unlock := a.commanded(c)
	if r == nil {
		return
	}
	id, err := a.cloud.reportEvent(r, *body.Type, body.Data)
	unlock()
	var refused *problem
	switch {
	case errors.Is(err, errUnreachable):
		deviceUnreachable().write(c.w)
	case errors.As(err, &refused):
		refused.write(c.w)
	case err != nil:
		invalidBody("/data", err.Error()+".").write(c.w)
	default:
		writeJSON(c.w, c.r, http.StatusAccepted, map[string]string{"event_id": id})
	}
}

func (p *problem) Error() string { return p.Code + ": " + p.Detail }

// reportEvent is what a device's own report of an event does. It returns the event's id.
func (c *cloud) reportEvent(r *record, typ string, data map[string]any) (string, error) {
	t, known := eventTypeOf(typ)
	if !known || !slices.Contains(t.deviceTypes, r.device.Type) {
		return "", newProblem(http.StatusBadRequest, "unknown_event_type", "A device of this type has no events of this type. See GET /v1/event-catalog.")
	}
	for name, value := range data {
		if value == nil { // null means absent
			delete(data, name)
		}
	}
	if problem := c.checkData(r, typ, data); problem != nil {
		return "", problem
	}
	switch typ {
	case typeStatusChanged:
		return c.reportStatusEvent(r, data)
	case typeHeartbeat:
		return c.heartbeat(r, data)
	case typeDeviceAdded:
		return "", invalidBody("/type", "The device exists already. POST …/devices adds one.")
	case typeDeviceRemoved:
		return c.removeDevice(r), nil
	case typeDeviceUpdated:
		return c.reportUpdate(r, data)
	case typeConnectorLost, typeConnectorRecovered:
		return c.reportConnection(r, typ, data)
	}
	if unreachable(r) { // and so is each device behind an unreachable connector
		return "", errUnreachable
	}
	at := c.now()
	c.complete(r, typ, data)
	for name, value := range eventData(&r.device) {
		data[name] = value
	}
	p, err := c.publish(typ, &r.device, at, data)
	if err != nil {
		return "", err
	}
	r.remember(typ, data, p.id, at)
	return p.id, nil
}

func (c *cloud) reportStatusEvent(r *record, data map[string]any) (string, error) {
	status, _ := data["status"].(string)
	reason, _ := data["status_reason"].(string)
	if status == "" {
		return "", invalidBody("/data/status", "Send the new status.")
	}
	if status == r.device.Status && reason == r.device.StatusReason {
		return "", invalidBody("/data/status", "Send a status or a reason that the device does not have now.")
	}
	return c.reportStatus(r, status, reason)
}

// reportConnection: a connector lost its connection or has it again. The devices behind it follow.
func (c *cloud) reportConnection(r *record, typ string, data map[string]any) (string, error) {
	lost := typ == typeConnectorLost
	if unreachable(c.connectorOf(r)) || lost && unreachable(r) {
		return "", errUnreachable
	}
	if lost || unreachable(r) {
		before := len(c.log)
		status, reason := online, ""
		if lost {
			status = offline
			reason, _ = data["reason"].(string)
		}
		if _, err := c.reportStatus(r, status, reason); err != nil {
			return "", err
		}
		for _, p := range c.log[before:] {
			if p.typ == typ {
				return p.id, nil // the connector's own event is the first of its type
			}
		}
	}
	all := c.connectorData(r)
	for name, value := range data {
		if _, taken := all[name]; !taken {
			all[name] = value
		}
	}
	p, err := c.publish(typ, &r.device, c.now(), all)
	if err != nil {
		return "", err
	}
	return p.id, nil
}

// reportUpdate: a person changed the device's record.
func (c *cloud) reportUpdate(r *record, data map[string]any) (string, error) {
	changed := []string{}
	for name, field := range map[string]*string{
		"name": &r.device.Name, "zone": &r.device.Zone, "model": &r.device.Model, "firmware_version": &r.device.FirmwareVersion,
	} {
		if value, ok := data[name].(string); ok && value != *field {
			*field = value
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return c.updateDevice(r, "", changed)
}

// complete adds the members that an event of the type must have.
func (c *cloud) complete(r *record, typ string, data map[string]any) {
	add := func(name string, value any) {
		if _, given := data[name]; !given {
			data[name] = value
		}
	}
	switch typ {
	case typeAlarmRaised:
		add("alarm_id", newID("alarm"))
		add("alarm_type", "intrusion")
		add("severity", "high")
	case typeAlarmCleared:
		cleared(add, data, "alarm", "intrusion", r.alarms)
	case typeTroubleRaised:
		add("trouble_id", newID("trouble"))
		add("trouble_type", "power_loss")
	case typeTroubleCleared:
		cleared(add, data, "trouble", "power_loss", r.troubles)
	case typeAccessGranted, typeAccessDenied:
		if typ == typeAccessDenied {
			add("reason", "no_permission")
		}
		add("direction", "entry")
		add("person", map[string]any{"person_id": newID("per")})
		add("credential", map[string]any{"credential_id": newID("cred"), "kind": "card"})
	case typeDoorHeldOpen:
		add("held_for_seconds", 60)
	case typeCallStarted:
		add("button", "1")
	}
}

// cleared completes a cleared event with the id and kind of what was raised: the condition that the data names, or the
// one raised last. A condition from before this process started is not known; its id is then taken as given.
func cleared(add func(string, any), data map[string]any, noun, kind string, raised map[string]condition) {
	var was condition
	if id, ok := data[noun+"_id"].(string); ok {
		was = raised[id]
	} else {
		for _, other := range raised {
			if was.id == "" || other.at.After(was.at) {
				was = other
			}
		}
	}
	if was.id == "" {
		add(noun+"_id", newID(noun))
		add(noun+"_type", kind)
		return
	}
	add(noun+"_id", was.id)
	add(noun+"_type", was.kind)
	if noun == "alarm" {
		add("raised_event_id", was.eventID)
	}
}

// remember keeps what was raised until it is cleared.
func (r *record) remember(typ string, data map[string]any, eventID string, at time.Time) {
	text := func(name string) string { s, _ := data[name].(string); return s }
	switch typ {
	case typeAlarmRaised:
		r.alarms[text("alarm_id")] = condition{text("alarm_id"), text("alarm_type"), eventID, at}
	case typeAlarmCleared:
		delete(r.alarms, text("alarm_id"))
	case typeTroubleRaised:
		r.troubles[text("trouble_id")] = condition{text("trouble_id"), text("trouble_type"), eventID, at}
	case typeTroubleCleared:
		delete(r.troubles, text("trouble_id"))
	}
}

// textRules has the lengths of the text members of events.
var textRules = map[string][2]int{
	"alarm_id": {1, 256}, "alarm_type": {1, 64}, "trouble_id": {1, 256}, "trouble_type": {1, 64}, "severity": {1, 64},
	"zone": {0, 256}, "description": {0, 2048}, "vendor_type": {0, 256}, "raised_event_id": {1, 256}, "reason": {0, 256},
	"reader_device_id": {1, 256}, "direction": {1, 64}, "vendor_reason": {0, 256}, "previous_state": {1, 64},
	"recorder_device_id": {1, 256}, "stream_id": {1, 256}, "volume_id": {1, 256}, "status_reason": {0, 256}, "button": {1, 64},
	"name": {1, 512}, "model": {0, 256}, "firmware_version": {0, 128},
}

// checkData refuses data with which the event would not be valid.
func (c *cloud) checkData(r *record, typ string, data map[string]any) *problem {
	for name, value := range data {
		pointer := "/data/" + name
		if limits, known := textRules[name]; known {
			if name == "reason" && typ == typeAccessDenied {
				limits = [2]int{1, 64}
			}
			if s, ok := value.(string); !ok || !textWithin(s, limits[0], limits[1]) {
				return invalidBody(pointer, "Send a text of an allowed length.")
			}
			continue
		}
		switch name {
		case "org_id", "site_id", "device_id":
			if problem := c.checkOwn(r, name, value); problem != nil {
				return problem
			}
		case "connector_id":
			if value != r.device.DeviceID {
				return invalidBody(pointer, "Send the id of the connector, or nothing.")
			}
		case "status":
			if s, ok := value.(string); !ok || vendorStatus[s] == "" {
				return invalidBody(pointer, "Send online, degraded, offline or unknown.")
			}
		case "held_for_seconds", "used_percent":
			n, ok := value.(float64)
			if !ok || n < 0 || name == "used_percent" && n > 100 {
				return invalidBody(pointer, "Send a number in the allowed range.")
			}
		case "person", "credential":
			object, ok := value.(map[string]any)
			id, _ := object[name+"_id"].(string)
			if !ok || !textWithin(id, 1, 256) {
				return invalidBody(pointer, "Send an object with the vendor's opaque id.")
			}
		}
	}
	return nil
}

// checkOwn: the ids in an event are those of its device.
func (c *cloud) checkOwn(r *record, name string, value any) *problem {
	own := eventData(&r.device)
	if value == own[name] {
		return nil
	}
	id, _ := value.(string)
	_, knownSite := c.site(id)
	if name == "site_id" && !knownSite {
		return newProblem(http.StatusNotFound, "unknown_site", "No site with this id is visible to this credential.")
	}
	return invalidBody("/data/"+name, "Send the device's own id, or nothing.")
}
