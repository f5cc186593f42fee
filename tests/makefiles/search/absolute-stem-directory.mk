%.z: %.y ; @echo '$(notdir $@) $(notdir $<)'
$(CURDIR)/q.z:
$(CURDIR)/q.y: ;
