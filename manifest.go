package dagster

// manifestVersion is the version of the form of a manifest: it changes when a field is renamed or means something else,
// not when one is added.
const manifestVersion = 1

// Manifest is all that a repository says of itself, in a form for other programs. Its JSON is stable: fields are added,
// never renamed. It is a copy: changing it changes nothing.
type Manifest struct {
	Version    int            `json:"version"` // of the form
	Repository string         `json:"repository"`
	Assets     []AssetInfo    `json:"assets"` // each after those that it needs, with its checks
	Edges      []LineageEdge  `json:"edges"`  // by the asset that they lead to
	Jobs       []JobInfo      `json:"jobs"`
	Schedules  []ScheduleInfo `json:"schedules"`
}

// Manifest describes the whole repository. It returns the error of [Repository.Validate] if the repository is wrong.
func (r *Repository) Manifest() (*Manifest, error) {
	m := &Manifest{Version: manifestVersion, Repository: r.name}
	var err error
	if m.Assets, err = r.Assets(); err != nil {
		return nil, err
	}
	if m.Jobs, err = r.Jobs(); err != nil {
		return nil, err
	}
	if m.Schedules, err = r.Schedules(); err != nil {
		return nil, err
	}
	n := 0
	for i := range m.Assets {
		n += len(m.Assets[i].Upstream)
	}
	m.Edges = make([]LineageEdge, 0, n)
	for i := range m.Assets {
		for _, from := range m.Assets[i].Upstream {
			m.Edges = append(m.Edges, LineageEdge{From: from, To: m.Assets[i].Key})
		}
	}
	return m, nil
}
